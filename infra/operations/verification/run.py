"""The first-day checks of a deployed stage: what no emulator shows, asked of AWS itself."""

from collections import Counter
from typing import Final

from infra.operations.verification import access_checks, alert_checks, recovery_checks
from infra.operations.verification.verdicts import Check, Verdict, verdict_of
from infra.operations.verification.visit import Visit

CHECKS: Final = (
    Check(1, "sign-in through the hosted page", access_checks.sign_in),
    Check(2, "alarms execute their action", alert_checks.alarms),
    Check(3, "two managers, one mailbox", alert_checks.shared_mailbox),
    Check(4, "a tenant's session and another's keys", access_checks.tenants_sessions),
    Check(5, "an API key's first use of a day", access_checks.api_keys_first_use),
    Check(6, "no second stage of the gateway", access_checks.other_stage),
    Check(7, "queues of another account", alert_checks.foreign_queues),
    Check(8, "one tenant's broken topic", alert_checks.broken_topic),
    Check(9, "a restored table", recovery_checks.restored_table),
    Check(10, "a deployment killed half way", recovery_checks.killed_deployment),
)


def verify(visit: Visit, only: frozenset[int] = frozenset()) -> list[tuple[Check, Verdict]]:
    """Ask a stage the ten first-day questions, and tell of each: passed, failed and what to do, or cannot be told here
    and why.

    Two temporary tenants, verification-a and verification-b, are made where they are needed and gone at the end; those
    of a run that died are removed by the next one. One run at a time.
    """
    results = []
    try:
        for check in CHECKS:
            if only and check.number not in only:
                continue
            verdict = verdict_of(check, visit)
            results.append((check, verdict))
            visit.tell(f"{check.number:>2}. {check.title}: {verdict.outcome}. {verdict.says}")
    finally:
        visit.forget_tenants()
    counts = Counter(verdict.outcome for _, verdict in results)
    visit.tell(", ".join(f"{counts[name]} {name}" for name in ("passed", "failed", "cannot be told here")))
    return results
