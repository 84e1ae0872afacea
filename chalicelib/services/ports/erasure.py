"""Taking away what is held of one client."""

from typing import Protocol

from chalicelib.domain.erasure import Held
from chalicelib.domain.ids import RecordId, TenantId


class ErasureStore(Protocol):
    """What is held of clients, also in what they share with others."""

    def erase(self, held: Held, tenant: TenantId, client: RecordId, seat: int, *, dry_run: bool = False) -> int:
        """Takes one kind away and leaves all else as it is; how many items were deleted or rewritten (dry run: would
        be). 0 where nothing is held. Raises what failed of one item when all others are done."""

    def forget(self, tenant: TenantId, client: RecordId) -> None:
        """Takes a client out of the directory: nobody finds it any more."""
