"""The contract of `ports.ApiKeyStore`."""

import pytest

from chalicelib.adapters.dynamodb.api_keys import DynamoApiKeyStore
from chalicelib.adapters.dynamodb.table import Table, TransactionFailedError
from chalicelib.services.errors import TryAgainError
from chalicelib.services.ports import ApiKey, ApiKeyStore
from tests.contract.examples import ACME, NOW, OTHER, TODAY

KEY = ApiKey("AAAABBBBCCCC2222", ACME, "Größe", ("records.write", "reports.read"), NOW, None)
SECOND = KEY._replace(id="AAAABBBBCCCC2223", name="Second", permissions=())
OTHERS = KEY._replace(id="ZZZZBBBBCCCC2222", tenant=OTHER)


@pytest.fixture
def stored(api_keys: ApiKeyStore) -> ApiKeyStore:
    for key in (SECOND, KEY, OTHERS):
        api_keys.put(key, f"digest of {key.id}")
    return api_keys


def test_an_unknown_key_is_absent(api_keys: ApiKeyStore) -> None:
    assert api_keys.get(KEY.id) is None
    assert api_keys.list(ACME) == []
    assert not api_keys.delete(ACME, KEY.id)


@pytest.mark.parametrize("text", ["", "A", "aaaabbbbcccc2222", "AAAABBBBCCCC222#", "AAAABBBBCCCC2222\n", "0" * 16])
def test_what_is_no_key_id_is_absent(stored: ApiKeyStore, text: str) -> None:
    assert stored.get(text) is None
    assert not stored.delete(ACME, text)


def test_a_key_is_found_by_its_id_alone(stored: ApiKeyStore) -> None:
    for key in (KEY, SECOND, OTHERS):
        assert stored.get(key.id) == (key, f"digest of {key.id}")


def test_a_tenant_lists_its_own_keys(stored: ApiKeyStore) -> None:
    assert stored.list(ACME) == [KEY, SECOND]
    assert stored.list(OTHER) == [OTHERS]


def test_storing_a_key_twice_changes_nothing(stored: ApiKeyStore) -> None:
    stored.put(KEY, f"digest of {KEY.id}")
    assert stored.list(ACME) == [KEY, SECOND]


def test_a_deleted_key_is_gone_everywhere(stored: ApiKeyStore) -> None:
    assert stored.delete(ACME, KEY.id)
    assert stored.get(KEY.id) is None
    assert stored.list(ACME) == [SECOND]
    assert not stored.delete(ACME, KEY.id)


def test_nobody_deletes_anothers_key(stored: ApiKeyStore) -> None:
    assert not stored.delete(ACME, OTHERS.id)
    assert stored.get(OTHERS.id) == (OTHERS, f"digest of {OTHERS.id}")
    assert stored.list(OTHER) == [OTHERS]


def test_the_last_day_of_use_is_noted(stored: ApiKeyStore) -> None:
    for day in (TODAY, TODAY, TODAY + 1):
        stored.note_use(KEY, day)
        used = KEY._replace(last_used_on=day)
        assert stored.get(KEY.id) == (used, f"digest of {KEY.id}")
        assert stored.list(ACME) == [used, SECOND]


def test_using_a_key_that_is_gone_does_not_bring_it_back(stored: ApiKeyStore) -> None:
    stored.delete(ACME, KEY.id)
    stored.note_use(KEY, TODAY)
    assert stored.get(KEY.id) is None
    assert stored.list(ACME) == [SECOND]


def test_a_key_that_is_in_use_just_now_is_not_reported_as_gone(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    """A refused transaction is no missing key: who revokes a key must not be told that there is none."""

    def conflict(actions: object) -> None:
        raise TransactionFailedError([None, None], ["TransactionConflict", "None"])

    monkeypatch.setattr(table, "transact", conflict)
    with pytest.raises(TryAgainError):
        DynamoApiKeyStore(table).delete(ACME, KEY.id)
