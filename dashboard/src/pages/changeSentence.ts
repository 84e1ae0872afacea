import type { Change } from "../api/types";
import { date } from "../format";

/** What the month-over-month change compares with. */
export function changeSentence(change: Change): string {
  if (change.baseline_date === null) return "Month over month: no snapshot from a month ago to compare with yet.";
  const settings = change.settings_changed
    ? " Other settings applied then, so not all of it is the clients' doing."
    : "";
  return `Month over month: compared with the average of ${date(change.baseline_date)}.${settings}`;
}
