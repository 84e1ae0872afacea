/** How numbers, money and times are written, everywhere the same. A value that is not there is an en dash. */
import type { Band, Model, Money } from "./api/types";

export const NONE = "–";
const MINUS = "−";

const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
const shortDay = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
export const INSTANT: Intl.DateTimeFormatOptions = {
  day: "numeric",
  month: "short",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
};
let instantFormat = new Intl.DateTimeFormat("en-GB", INSTANT);

/** Instants are told in this zone from now on: the tenant's, wherever the browser is. */
export function tellTimesIn(zone: string): void {
  if (instantFormat.resolvedOptions().timeZone !== zone) {
    instantFormat = new Intl.DateTimeFormat("en-GB", { ...INSTANT, timeZone: zone });
  }
}
const integers = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 0 });

/** 71 or –. */
export function score(value: number | null | undefined): string {
  return value === null || value === undefined ? NONE : String(value);
}

/** 71.3 or –: averages have one decimal. */
export function average(value: number | null | undefined): string {
  return value === null || value === undefined ? NONE : value.toFixed(1);
}

export function count(value: number): string {
  return integers.format(value);
}

/** +3, −1.2 or 0. */
export function signed(value: number, decimals = 0): string {
  const text = Math.abs(value).toFixed(decimals);
  if (value === 0) return decimals ? text : "0";
  return (value > 0 ? "+" : MINUS) + text;
}

/** 0.612 as 61.2%. */
export function share(value: number): string {
  return `${(value * 100).toFixed(1)}%`;
}

/** 12.5 as 12.5%; a whole weight has no decimals. */
export function weight(value: number): string {
  return `${Number(value.toFixed(2))}%`;
}

/** A length of time in hours, in the unit that it is told in: 45 min, 5.3 h, 2.3 days. */
export function duration(hours: number | null): string {
  if (hours === null) return NONE;
  if (hours < 1) return `${Math.round(hours * 60)} min`;
  return hours < 24 ? `${hours.toFixed(1)} h` : `${(hours / 24).toFixed(1)} days`;
}

export function days(value: number | null): string {
  if (value === null) return NONE;
  return value === 1 ? "1 day" : `${value} days`;
}

export function money({ currency, amount }: Money): string {
  return new Intl.NumberFormat("en-GB", { style: "currency", currency }).format(Number(amount));
}

export function moneys(sums: Money[]): string {
  return sums.length ? sums.map(money).join(" + ") : NONE;
}

export function date(value: string | null | undefined): string {
  return value ? day.format(new Date(`${value}T00:00:00Z`)) : NONE;
}

export function dayAndMonth(value: string): string {
  return shortDay.format(new Date(`${value}T00:00:00Z`));
}

export function instant(value: string | null | undefined): string {
  return value ? instantFormat.format(new Date(value)) : NONE;
}

export function plural(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}

/** A name in code as words: `qbr_logged` is "Qbr logged". */
export function words(code: string): string {
  const text = code.replaceAll("_", " ").replaceAll(".", " ").toLowerCase();
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export const MODEL_NAMES: Record<Model, string> = { weighted: "Health Score", deduction: "Ticket health" };

export const BAND_NAMES: Record<Band, string> = {
  HEALTHY: "Healthy",
  AT_RISK: "At Risk",
  CRITICAL: "Critical",
  GREEN: "Green · Healthy",
  YELLOW: "Yellow · Needs attention",
  RED: "Red · At risk",
  INSUFFICIENT_DATA: "Insufficient data",
};

export type Tone = "good" | "warn" | "bad" | "none";

export const BAND_TONES: Record<Band, Tone> = {
  HEALTHY: "good",
  GREEN: "good",
  AT_RISK: "warn",
  YELLOW: "warn",
  CRITICAL: "bad",
  RED: "bad",
  INSUFFICIENT_DATA: "none",
};

/** What a band means and advises. */
export const BAND_ADVICE: Record<Band, string> = {
  HEALTHY: "No immediate action needed.",
  AT_RISK: "Check the warning signs and call the client.",
  CRITICAL: "Call the client today.",
  GREEN: "No immediate action needed.",
  YELLOW: "Review signals and schedule outreach.",
  RED: "Immediate intervention required.",
  INSUFFICIENT_DATA: "Too few signals have data for a score.",
};

export const BANDS: Record<Model, Band[]> = {
  weighted: ["GREEN", "YELLOW", "RED", "INSUFFICIENT_DATA"],
  deduction: ["HEALTHY", "AT_RISK", "CRITICAL"],
};

export const TRIGGER_NAMES: Record<string, string> = {
  nightly: "Nightly",
  manual: "Recalculated",
  qbr_logged: "QBR logged",
  touchpoint_logged: "Touchpoint logged",
  reconciliation_completed: "Reconciliation",
};

export const RISK_NAMES: Record<string, string> = {
  high_ticket_volume: "High Ticket Volume Increase",
  overdue_tickets: "Overdue Tickets",
  slow_response: "Slow Response Time",
  no_recent_activity: "No Recent Activity",
  contract_expiring: "Contract Expiring Soon",
  qbrs_cancelled: "QBRs Not Held",
};

export const SOURCE_NAMES: Record<string, string> = {
  psa: "PSA integration",
  qbr: "QBR module",
  touchpoints: "Touchpoint module",
  assessments: "Assessment module",
  accounting: "Accounting integration",
  reconciliation: "Reconciliation module",
  headcount: "Account field / enrichment",
};

/** What a source sends. */
export const SOURCE_RECORDS: Record<string, string> = {
  psa: "tickets or hours",
  qbr: "QBRs",
  touchpoints: "contacts",
  assessments: "assessments",
  accounting: "invoices",
  reconciliation: "contract counts",
  headcount: "headcount",
};

export const SIGNAL_NAMES: Record<string, string> = {
  open_p1_p2_tickets: "Open P1/P2 tickets",
  csat_nps_trend: "CSAT / NPS trend",
  billable_utilization: "Billable hours vs budget",
  days_since_qbr: "Days since last QBR",
  days_since_decision_maker_contact: "Days since last decision-maker contact",
  stack_standardization: "Stack standardization",
  payment_health: "Payment health",
  contract_utilization_variance: "Contract utilization variance",
  employee_growth: "Employee growth",
};

/** Over a column of points. */
export const SIGNAL_HEADINGS: Record<string, string> = {
  open_p1_p2_tickets: "P1/P2 tickets",
  csat_nps_trend: "CSAT / NPS",
  billable_utilization: "Billable hours",
  days_since_qbr: "Last QBR",
  days_since_decision_maker_contact: "Decision-maker",
  stack_standardization: "Stack",
  payment_health: "Payment",
  contract_utilization_variance: "Contract use",
  employee_growth: "Employees",
};

export const FACTOR_NAMES: Record<string, string> = {
  ticket_volume: "Ticket volume",
  first_response: "First response time",
  overdue_tickets: "Overdue tickets",
  open_tickets: "Open tickets",
  inactivity: "Days since last activity",
  active_contract: "Active contract",
};

export const SIGNAL_SOURCES: Record<string, string> = {
  open_p1_p2_tickets: "psa",
  csat_nps_trend: "psa",
  billable_utilization: "psa",
  days_since_qbr: "qbr",
  days_since_decision_maker_contact: "touchpoints",
  stack_standardization: "assessments",
  payment_health: "accounting",
  contract_utilization_variance: "reconciliation",
  employee_growth: "headcount",
};

export const LIFECYCLE_NAMES: Record<string, string> = {
  ACTIVE: "Active",
  AT_RISK: "At-risk flag",
  INACTIVE: "Inactive",
  CHURNED: "Churned",
};
