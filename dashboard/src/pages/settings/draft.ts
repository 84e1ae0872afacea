/** The Health Score settings while they are edited: numbers as they are typed, and what is wrong with them. */
import type { ScoringSettings } from "../../api/types";
import { SIGNAL_NAMES } from "../../format";

export interface NumberField {
  name:
    | "green_threshold"
    | "yellow_threshold"
    | "alert_threshold"
    | "velocity_alert_points"
    | "rearm_margin"
    | "alert_cooldown_days";
  label: string;
  says: string;
  least: number;
  most: number;
}

export const BAND_FIELDS: NumberField[] = [
  { name: "green_threshold", label: "“Healthy” from", says: "Scores at or above are green", least: 1, most: 100 },
  {
    name: "yellow_threshold",
    label: "“Needs attention” from",
    says: "At or above, but below “Healthy”",
    least: 1,
    most: 100,
  },
];

export const ALERT_FIELDS: NumberField[] = [
  {
    name: "alert_threshold",
    label: "Alert below",
    says: "A score below it alerts the account manager",
    least: 0,
    most: 100,
  },
  {
    name: "velocity_alert_points",
    label: "Alert on drop of",
    says: "Points in 30 days, whatever the band",
    least: 1,
    most: 100,
  },
  {
    name: "rearm_margin",
    label: "Alert again after rising",
    says: "Points above the threshold",
    least: 0,
    most: 50,
  },
  {
    name: "alert_cooldown_days",
    label: "Days between alerts",
    says: "Of one rule, for one client",
    least: 0,
    most: 90,
  },
];

export type Sources = "auto" | string[];

export interface Draft {
  primary_model: ScoringSettings["primary_model"];
  ticket_open_until: ScoringSettings["ticket_open_until"];
  missing_signals: ScoringSettings["missing_signals"];
  weights: Record<string, string>;
  numbers: Record<NumberField["name"], string>;
  sources: Sources;
  fallback_emails: string;
}

export function draftOf(settings: ScoringSettings): Draft {
  const { primary_model, ticket_open_until, missing_signals, sources } = settings;
  return {
    primary_model,
    ticket_open_until,
    missing_signals,
    sources,
    weights: Object.fromEntries(Object.entries(settings.weights).map(([id, value]) => [id, String(value)])),
    numbers: Object.fromEntries(
      [...BAND_FIELDS, ...ALERT_FIELDS].map(({ name }) => [name, String(settings[name])]),
    ) as Draft["numbers"],
    fallback_emails: settings.fallback_emails.join("\n"),
  };
}

/** The sum of the weights in hundredths, NaN while one of them is no weight. */
export function weightSum(weights: Record<string, string>): number {
  return Object.keys(SIGNAL_NAMES).reduce((sum, id) => sum + hundredths(weights[id] ?? ""), 0);
}

/** A weight of at most two decimals, in hundredths: 12.55 is not a binary fraction. */
export function hundredths(text: string): number {
  const match = /^(\d{1,3})(?:[.,](\d{1,2}))?$/.exec(text.trim());
  if (match === null) return Number.NaN;
  const value = Number(match[1]) * 100 + Number((match[2] ?? "").padEnd(2, "0"));
  return value <= 10_000 ? value : Number.NaN;
}

export type Faults = Partial<Record<string, string>>;

export function faultsOf(draft: Draft): Faults {
  const faults: Faults = {};
  for (const id of Object.keys(SIGNAL_NAMES)) {
    if (Number.isNaN(hundredths(draft.weights[id] ?? ""))) faults[id] = "A number from 0 to 100, two decimals at most";
  }
  const sum = weightSum(draft.weights);
  if (!Number.isNaN(sum) && sum !== 10_000) {
    const off = Math.abs(sum - 10_000) / 100;
    faults.weights =
      sum > 10_000 ? `${off} over 100%: lower another weight` : `${off} under 100%: raise another weight`;
  }
  for (const { name, least, most } of [...BAND_FIELDS, ...ALERT_FIELDS]) {
    const text = draft.numbers[name].trim();
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < least || value > most) faults[name] = `A whole number from ${least} to ${most}`;
  }
  if (!faults.green_threshold && !faults.yellow_threshold) {
    if (Number(draft.numbers.yellow_threshold) >= Number(draft.numbers.green_threshold)) {
      faults.yellow_threshold = "Must be below “Healthy”";
    }
  }
  return faults;
}

export type SentSettings = Omit<ScoringSettings, "version" | "resolved_primary_model" | "connected_sources">;

/** The settings of a draft without faults. */
export function settingsOf(draft: Draft): SentSettings {
  const numbers = Object.fromEntries(Object.entries(draft.numbers).map(([name, text]) => [name, Number(text)]));
  const weights = Object.fromEntries(
    Object.keys(SIGNAL_NAMES).map((id) => [id, hundredths(draft.weights[id] ?? "") / 100]),
  );
  return {
    ...(numbers as Draft["numbers"] & Record<NumberField["name"], never>),
    primary_model: draft.primary_model,
    ticket_open_until: draft.ticket_open_until,
    missing_signals: draft.missing_signals,
    weights: weights as ScoringSettings["weights"],
    sources: draft.sources as ScoringSettings["sources"],
    fallback_emails: draft.fallback_emails.split(/[\s,;]+/).filter(Boolean),
  };
}
