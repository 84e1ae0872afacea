/** What changed in a week, as far as it matters. */
import type { Account } from "../api/types";

export interface Change {
  row: Account;
  week: NonNullable<Account["week"]>;
}

const POINTS = 5;

/** Clients in another band than a week ago, or at least five points away: those that fell, worst first, and those that rose. */
export function changesOf(rows: readonly Account[]): { fell: Change[]; rose: Change[] } {
  const changed = rows
    .flatMap((row): Change[] => (row.week ? [{ row, week: row.week }] : []))
    .filter(({ row, week }) => week.points !== 0 && (row.band !== week.from_band || Math.abs(week.points) >= POINTS))
    .sort((a, b) => a.week.points - b.week.points || a.row.name.localeCompare(b.row.name));
  return {
    fell: changed.filter(({ week }) => week.points < 0),
    rose: changed.filter(({ week }) => week.points > 0).reverse(),
  };
}
