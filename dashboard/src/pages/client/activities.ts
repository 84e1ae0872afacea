/** What is logged of a client, in words; shared by the dialog, the journal and the marks of the trend. */
import { usePage } from "../../api/queries";
import type { Activities, Activity, ActivityEffect } from "../../api/types";
import { MODEL_NAMES, SIGNAL_NAMES, signed } from "../../format";
import type { IconName } from "../../ui/icons";
import { localDate } from "../../zone";
import { ACTIVITIES, activitiesParameters } from "./requests";

const MINUTES_15 = 900_000;

export type Kind = "CALL" | "MEETING" | "VISIT" | "EMAIL" | "QBR" | "NOTE";
export type QbrStatus = "COMPLETED" | "SCHEDULED" | "CANCELLED";

export const KINDS: readonly { value: Kind; label: string }[] = [
  { value: "CALL", label: "Call" },
  { value: "MEETING", label: "Meeting" },
  { value: "VISIT", label: "Visit" },
  { value: "EMAIL", label: "E-mail" },
  { value: "QBR", label: "QBR" },
  { value: "NOTE", label: "Note" },
];
export const KIND_NAMES = Object.fromEntries(KINDS.map(({ value, label }) => [value, label])) as Record<string, string>;
/** Within a sentence: call, e-mail, but QBR. */
export function kindInSentence(kind: string): string {
  return kind === "QBR" ? kind : (KIND_NAMES[kind] ?? "").toLowerCase();
}
export const KIND_ICONS: Record<string, IconName> = {
  CALL: "phone",
  MEETING: "people",
  VISIT: "pin",
  EMAIL: "mail",
  QBR: "calendar",
  NOTE: "note",
};
export const QBR_STATUSES: readonly { value: QbrStatus; label: string }[] = [
  { value: "COMPLETED", label: "Held" },
  { value: "SCHEDULED", label: "Planned" },
  { value: "CANCELLED", label: "Did not take place" },
];
export const QBR_STATUS_NAMES = Object.fromEntries(QBR_STATUSES.map(({ value, label }) => [value, label])) as Record<
  string,
  string
>;

export function useActivities(id: string, page = 1) {
  return usePage(ACTIVITIES, activitiesParameters(id), page);
}

/** What a change makes out of date. */
export const OUTDATED = ["/v1/clients", "/v1/analytics"] as const;

const PART_NAMES: Record<string, string> = {
  days_since_decision_maker_contact: "decision-maker contact",
  days_since_qbr: "QBR",
  coverage: "signals that count now",
  rounding: "rounding",
};

/** “Logged. Health Score 61 → 68: decision-maker contact +7.0.” */
export function effectSentence(done: string, effect: ActivityEffect | null): string {
  if (effect === null || effect.change === null) return `${done}.`;
  if (effect.change === 0) return `${done}. The score stays ${effect.to}.`;
  const parts = effect.parts.map(
    (part) => `${PART_NAMES[part.id] ?? SIGNAL_NAMES[part.id] ?? part.id} ${signed(Number(part.change), 1)}`,
  );
  return `${done}. ${MODEL_NAMES[effect.model]} ${effect.from} → ${effect.to}: ${parts.join(", ")}.`;
}

/** Of somebody else, of the same kind and about the same time: perhaps the very same. */
export function alikeOf(
  entries: Activity[],
  own: { subject: string; kind: Kind; at: number | null; heldOn: string },
): Activity | undefined {
  return entries.find(
    (entry) =>
      entry.kind === own.kind &&
      entry.by !== null &&
      entry.by.subject !== own.subject &&
      entry.withdrawn_at === null &&
      (own.kind === "QBR"
        ? entry.held_on === own.heldOn
        : own.at !== null && Math.abs(Date.parse(entry.occurred_at ?? "") - own.at) <= MINUTES_15),
  );
}

export interface Mark {
  date: string;
  shape: "qbr" | "contact";
}

/** QBRs that were held and contacts with decision-makers, as marks of a line over days. */
export function marksOf(activities: Activities | undefined): Mark[] {
  return (activities?.items ?? []).flatMap((entry): Mark[] => {
    if (entry.withdrawn_at !== null) return [];
    if (entry.kind === "QBR") {
      return entry.status === "COMPLETED" && entry.held_on ? [{ date: entry.held_on, shape: "qbr" }] : [];
    }
    if (!entry.with_decision_maker || !entry.occurred_at || !activities) return [];
    const on = localDate(activities.time_zone, Date.parse(entry.occurred_at));
    return [{ date: on, shape: "contact" }];
  });
}
