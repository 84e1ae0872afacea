/** The dates that a client is managed by: when its contract ends, when the last and the next QBR are. */
import type { Activity, HeldRecord } from "../../api/types";
import { date } from "../../format";

const OPEN_ENDED = "9999-12-31";

/** Until when the active contracts go, the first that ends. */
export function contractEnd(contracts: readonly HeldRecord[]): string {
  if (contracts.length === 0) return "none active";
  const ends = contracts.map((contract) => ("end_date" in contract && contract.end_date) || OPEN_ENDED).sort();
  const first = String(ends[0]);
  return first === OPEN_ENDED ? "open-ended" : `until ${date(first)}`;
}

function qbrs(entries: readonly Activity[], status: Activity["status"]): string[] {
  return entries
    .flatMap((entry) =>
      entry.kind === "QBR" && entry.status === status && entry.withdrawn_at === null && entry.held_on
        ? [entry.held_on]
        : [],
    )
    .sort();
}

export function lastQbr(entries: readonly Activity[], today: string): string | null {
  return (
    qbrs(entries, "COMPLETED")
      .filter((day) => day <= today)
      .at(-1) ?? null
  );
}

export function nextQbr(entries: readonly Activity[], today: string): string | null {
  return qbrs(entries, "SCHEDULED").find((day) => day >= today) ?? null;
}
