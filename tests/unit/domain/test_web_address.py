"""Which addresses may be called, and which machines they may mean."""

import pytest

from chalicelib.domain.web_address import Origin, is_public, origin_of


@pytest.mark.parametrize(
    ("url", "authority"),
    [
        ("https://api.xero.com/api.xro/2.0", "api.xero.com"),
        ("https://Hooks.Example.com:443/x?y=1", "hooks.example.com"),
        ("https://example.com.", "example.com"),
    ],
)
def test_what_may_be_called(url: str, authority: str) -> None:
    assert origin_of(url).authority == authority


@pytest.mark.parametrize(
    "url",
    [
        *("http://example.com", "ftp://example.com", "example.com", "https:///path", ""),
        *("https://user@example.com", "https://a:b@example.com", "https://example.com:8443", "https://example.com:x"),
        *("https://localhost", "https://127.0.0.1", "https://[::1]", "https://[fe80::1]/", "https://2130706433"),
        *("https://0x7f.1", "https://127.1", "https://1.2.3.4.", "https://intranet"),
        *("https://example.com/a b", "https://exa\nmple.com", "https://bücher.example", "https://example.com\\@evil"),
        "https://example.com/" + 500 * "x",
        "http://127.0.0.1:8000",
    ],
)
def test_what_may_not(url: str) -> None:
    with pytest.raises(ValueError, match="Send an address"):
        origin_of(url)


def test_only_a_stage_on_ones_own_machine_calls_it() -> None:
    assert origin_of("http://127.0.0.1:8000/x", local=True) == Origin("127.0.0.1", 8000, is_local=True)
    for url in ("http://127.0.0.2:8000", "http://localhost:8000", "http://10.0.0.1"):
        with pytest.raises(ValueError, match="Send an address"):
            origin_of(url, local=True)


@pytest.mark.parametrize("address", ["93.184.216.34", "8.8.8.8", "2606:2800:220:1:248:1893:25c8:1946"])
def test_public_addresses(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.1.2.3"),
        *("224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "203.0.113.9"),
        *("::", "::1", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1", "fec0::1", "2001:db8::1"),
        *("::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::", "2001::1"),
        *("", "localhost", "fe80::1%eth0", "1.2.3"),
    ],
)
def test_all_others_are_not(address: str) -> None:
    assert not is_public(address)
