"""Rules of DynamoDB that moto does not have, and the forms in which it throttles."""

from typing import Final

from infra.meter import item_size
from tests.aws_rules.calls import Answer, Before, Call, Refusal, answered

ITEM_BYTES: Final = 400 * 1024
"""Developer Guide, Service quotas: "The maximum item size in DynamoDB is 400 KB, which includes both attribute name
binary length (UTF-8 length) and attribute value lengths"."""

TRANSACTION_ACTIONS: Final = 100
TRANSACTION_BYTES: Final = 4 * 1024 * 1024
"""API reference, TransactWriteItems: up to 100 actions; "the aggregate size of the items in the transaction cannot
exceed 4 MB"."""

TOO_LARGE: Final = Refusal("ValidationException", "Item size to update has exceeded the maximum allowed size")


def _item_that_fits(call: Call) -> Refusal | None:
    return TOO_LARGE if item_size(call.parameters["Item"]) > ITEM_BYTES else None


def _transaction_that_fits(call: Call) -> Refusal | None:
    actions = call.parameters["TransactItems"]
    if len(actions) > TRANSACTION_ACTIONS:
        reason = "Member must have length less than or equal to 100"
        return Refusal(
            "ValidationException",
            f"1 validation error detected: Value at 'transactItems' failed to satisfy constraint: {reason}",
        )
    sizes = [item_size(action["Put"]["Item"]) if "Put" in action else 0 for action in actions]
    if max(sizes) > ITEM_BYTES:
        return _cancelled(call, ["ValidationError" if size > ITEM_BYTES else "None" for size in sizes])
    if sum(sizes) > TRANSACTION_BYTES:
        return Refusal("ValidationException", "Transaction size exceeds the maximum limit of 4 MB")
    return None


BEFORE: Final[list[tuple[str, Before]]] = [
    ("dynamodb.PutItem", _item_that_fits),
    ("dynamodb.TransactWriteItems", _transaction_that_fits),
]


# ---- throttling, in each form that DynamoDB has for it (Developer Guide, Error handling; Transactions) --------------


def throttled(code: str = "ThrottlingException") -> Before:
    """A call is refused: botocore has tried it often enough."""
    return lambda call: Refusal(code, "The rate on the control plane or of the table exceeds the allowed throughput.")


def cancelled(reason: str = "ThrottlingError") -> Before:
    """A transaction is cancelled since one of its actions was throttled, which botocore does not try again."""

    def refuse(call: Call) -> Answer:
        reasons = ["None"] * len(call.parameters["TransactItems"])
        return _cancelled(call, [reason, *reasons[1:]])

    return refuse


def unprocessed(call: Call) -> Answer:
    """A batch is left unprocessed, which is no error to botocore."""
    tables = call.parameters["RequestItems"]
    return answered(Responses={name: [] for name in tables}, UnprocessedKeys=dict(tables))


def _cancelled(call: Call, codes: list[str]) -> Refusal:
    return Refusal(
        "TransactionCanceledException",
        f"Transaction cancelled, please refer cancellation reasons for specific reasons [{', '.join(codes)}]",
        {"CancellationReasons": [{"Code": code} for code in codes]},
    )
