"""Addresses of other people's systems, which the service calls: what may be one, and which machines it may mean.

Whoever may name an address could otherwise make the service call what is not for them: its own network, the metadata of
its machine (SSRF).
"""

import re
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final, NamedTuple

HTTPS_PORT: Final = 443
LONGEST: Final = 500

_NOT_PUBLIC: Final[tuple[IPv4Network | IPv6Network, ...]] = tuple(
    map(ip_network, ("fec0::/10", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32"))
)
"""Site-local, and what carries an IPv4 address within: `is_global` is true of some of them on some Pythons."""


_HTTPS = re.compile(r"https://([A-Za-z0-9][A-Za-z0-9.-]*)(?::443)?(?:[/?].*)?", re.ASCII)
_LOCAL = re.compile(r"http://127\.0\.0\.1:([1-9][0-9]{0,4})(?:[/?].*)?", re.ASCII)
_PLAIN = re.compile(r"[!$-;=?-\[\]_a-z~]+", re.ASCII)
"""What may stand in an address: no blanks, no control characters, nothing that some read as a slash or an end."""


class Origin(NamedTuple):
    """Where a request goes: a host by its name and a port, with TLS but on the machine itself."""

    host: str
    port: int
    is_local: bool = False

    @property
    def authority(self) -> str:
        """What the header `Host` says."""
        return self.host if self.port == HTTPS_PORT else f"{self.host}:{self.port}"


def origin_of(url: str, *, local: bool = False) -> Origin:
    """The origin of an address that may be called. Raises ValueError with what to send.

    `local`: also `http://127.0.0.1` with any port, for a stage on one's own machine.
    """
    if local and (own := _LOCAL.fullmatch(url)):
        return Origin("127.0.0.1", int(own[1]), is_local=True)
    if len(url) > LONGEST or not _PLAIN.fullmatch(url):
        raise ValueError(f"Send an address of at most {LONGEST} plain characters.")
    match = _HTTPS.fullmatch(url)
    if match is None:
        raise ValueError("Send an address such as https://example.com/path, without a user or a port in it.")
    host = match[1].lower().removesuffix(".")
    if "." not in host or host.rsplit(".", 1)[1].isdigit() or host.rsplit(".", 1)[1].startswith("0x"):
        raise ValueError("Send an address with the name of a host, such as example.com.")
    return Origin(host, HTTPS_PORT)


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public network's, for one machine of it."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    if found.is_multicast or found.is_reserved or not found.is_global:
        return False
    return not any(found in network for network in _NOT_PUBLIC)
