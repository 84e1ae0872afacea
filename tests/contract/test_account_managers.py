"""The contract of `ports.AccountManagerStore`."""

from chalicelib.domain.account_managers import AccountManager
from chalicelib.services.ports.account_managers import AccountManagerStore
from tests.contract.examples import ACME, NEIGHBOURS, NOW, OTHER

ANNA = AccountManager("am-1", "Anna Größe", "anna@acme.example", NOW)


def test_an_unknown_account_manager_is_absent(managers: AccountManagerStore) -> None:
    assert managers.get(ACME, ["am-1"]) == {}
    assert managers.get(ACME, []) == {}
    assert managers.list(ACME) == []


def test_an_account_manager_is_read_back_whole(managers: AccountManagerStore) -> None:
    assert managers.put(ACME, ANNA)
    assert managers.get(ACME, ["am-1", "am-2"]) == {"am-1": ANNA}
    assert managers.list(ACME) == [ANNA]


def test_putting_the_same_again_is_the_lost_acknowledgement(managers: AccountManagerStore) -> None:
    assert managers.put(ACME, ANNA)
    assert managers.put(ACME, ANNA)
    assert managers.list(ACME) == [ANNA]


def test_a_later_change_stands(managers: AccountManagerStore) -> None:
    later = ANNA._replace(name="Anna Groß", updated_at=NOW + 1)
    assert managers.put(ACME, later)
    assert not managers.put(ACME, ANNA)
    assert managers.list(ACME) == [later]


def test_a_later_change_replaces(managers: AccountManagerStore) -> None:
    assert managers.put(ACME, ANNA)
    for later in (ANNA._replace(name="Same second"), ANNA._replace(email="a@acme.example", updated_at=NOW + 1)):
        assert managers.put(ACME, later)
        assert managers.list(ACME) == [later]


def test_the_list_is_the_tenants_own_in_order_of_id(managers: AccountManagerStore) -> None:
    held = [AccountManager(str(manager), f"Name {manager}", "x@acme.example", NOW) for manager in NEIGHBOURS]
    for manager in held:
        managers.put(ACME, manager)
    managers.put(OTHER, ANNA)
    assert managers.list(ACME) == sorted(held)
    assert managers.list(OTHER) == [ANNA]
    assert managers.get(ACME, [manager.id for manager in held]) == {manager.id: manager for manager in held}
    assert managers.get(OTHER, ["c1"]) == {}
