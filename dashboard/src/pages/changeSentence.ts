import type { Change } from "../api/types";
import { date } from "../format";

/** What the month-over-month change compares with. */
export function changeSentence(change: Change): string {
  if (change.baseline_date === null) return "No comparison yet: needs a month of history.";
  const settings = change.settings_changed ? " Settings changed in between; part of the change comes from that." : "";
  return `Compared with ${date(change.baseline_date)}.${settings}`;
}
