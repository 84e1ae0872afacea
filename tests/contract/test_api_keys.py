"""The contract of `ports.ApiKeyStore`."""

import pytest

from chalicelib.adapters.dynamodb import keys
from chalicelib.adapters.dynamodb.api_keys import DynamoApiKeyStore
from chalicelib.adapters.dynamodb.table import ConditionFailedError, Table
from chalicelib.domain.api_keys import ApiKey
from chalicelib.services.ports.api_keys import ApiKeyStore
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
        stored.list_use(KEY, day)
        used = KEY._replace(last_used_on=day)
        assert stored.get(KEY.id) == (used, f"digest of {KEY.id}")
        assert stored.list(ACME) == [used, SECOND]


def test_using_a_key_that_is_gone_does_not_bring_it_back(stored: ApiKeyStore) -> None:
    stored.delete(ACME, KEY.id)
    stored.note_use(KEY, TODAY)
    stored.list_use(KEY, TODAY)
    assert stored.get(KEY.id) is None
    assert stored.list(ACME) == [SECOND]


def test_a_crash_while_a_key_is_made_leaves_one_that_does_not_work(table: Table) -> None:
    """It is listed, so that it can be revoked; its credential was told to nobody."""
    store = DynamoApiKeyStore(table, lambda: Crashing(table))
    with pytest.raises(CrashError):
        store.put(KEY, "digest")
    found = DynamoApiKeyStore(table, lambda: table)
    assert found.get(KEY.id) is None
    assert found.list(ACME) == [KEY]
    assert found.delete(ACME, KEY.id)
    assert found.list(ACME) == []


def test_a_crash_while_a_key_is_revoked_leaves_one_that_does_not_work(table: Table) -> None:
    found = DynamoApiKeyStore(table, lambda: table)
    found.put(KEY, "digest")
    with pytest.raises(CrashError):
        DynamoApiKeyStore(Crashing(table), lambda: table).delete(ACME, KEY.id)
    assert found.get(KEY.id) is None
    assert found.list(ACME) == [KEY]
    assert found.delete(ACME, KEY.id)
    assert found.list(ACME) == []


def test_a_listing_never_revokes_the_key_of_another_tenant(table: Table) -> None:
    """A listing that names another's key, which nothing writes: the index says whose it is."""
    found = DynamoApiKeyStore(table, lambda: table)
    found.put(OTHERS, "digest")
    table.put(keys.api_key_listing(ACME, OTHERS.id), {"name": "x", "permissions": [], "created_at": 1})
    with pytest.raises(ConditionFailedError):
        found.delete(ACME, OTHERS.id)
    assert found.get(OTHERS.id) == (OTHERS, "digest")


class CrashError(BaseException):
    """The process is gone."""


class Crashing(Table):
    """A table at whose writes the process dies."""

    def __init__(self, table: Table) -> None:
        super().__init__(table._client, table.name)

    def put(self, *_: object, **__: object) -> None:
        raise CrashError

    def delete(self, *_: object, **__: object) -> None:
        raise CrashError
