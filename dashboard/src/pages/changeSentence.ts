import type { Change } from "../api/types";
import { date } from "../format";

/** What the month-over-month change compares with. */
export function changeSentence(change: Change): string {
  if (change.baseline_date === null) return "Month over month: no night of a month ago to compare with yet.";
  const settings = change.settings_changed
    ? " Other settings applied then, so not all of it is the clients' doing."
    : "";
  return `Month over month, against ${date(change.baseline_date)}.${settings}`;
}
