/** The API's answers, as the pages use them (`../../docs/openapi.json` says what each field means). */

export type Model = "deduction" | "weighted";
export type Period = "7d" | "30d" | "90d" | "12m";
export type ClientStatus = "HEALTHY" | "AT_RISK" | "CRITICAL";
export type WeightedBand = "GREEN" | "YELLOW" | "RED" | "INSUFFICIENT_DATA";
export type Band = ClientStatus | WeightedBand;

export interface Money {
  currency: string;
  amount: string;
}

export interface Change {
  points: number;
  baseline_date: string | null;
  settings_changed: boolean;
}

export interface ClientHealthRow {
  client_id: string;
  name: string;
  status: ClientStatus;
  score: number;
  tickets: number;
  tickets_change: { direction: "up" | "down" | "flat"; percent: number | null };
  open_tickets: number;
  overdue_tickets: number;
  average_first_response_hours: number | null;
  revenue: Money[];
  days_since_last_activity: number | null;
}

export interface RiskIndicator {
  code: string;
  label: string;
  count: number;
  clients: { client_id: string; name: string }[];
}

export interface ClientHealth {
  model: Model;
  period: Period;
  computed_at: string | null;
  summary: { total: number; healthy: number; at_risk: number; critical: number };
  average_score: number | null;
  average_score_change: Change;
  distribution: { status: ClientStatus; count: number; share: number }[];
  risk_indicators: RiskIndicator[];
  clients: ClientHealthRow[];
  next_cursor: string | null;
}

export interface Portfolio {
  model: Model;
  computed_at: string | null;
  bands: { band: Band; label: string; count: number; share: number }[];
  average_score: number | null;
  average_score_change: Change;
  insufficient_data: number;
  fastest_declining: { client_id: string; name: string; score: number; velocity: number; projected_score: number }[];
  average_by_industry: { industry: string; clients: number; average_score: number | null }[];
  trend: { date: string; average_score: number | null; bands: Record<string, number> }[];
  revenue_by_band: { band: Band; currency: string; monthly_recurring_revenue: string }[];
}

export interface Page<Item> {
  items: Item[];
  next_cursor: string | null;
}

export type LifecycleStatus = "ACTIVE" | "AT_RISK" | "INACTIVE" | "CHURNED";

export interface Account {
  client_id: string;
  name: string;
  industry: string | null;
  account_manager_id: string | null;
  status: LifecycleStatus;
  score: number | null;
  band: Band | null;
  provisional: boolean;
  monthly_recurring_revenue: Money | null;
  open_alerts: number;
  score_trend?: { direction: "up" | "down" | "flat"; points: number } | null;
}

export interface AccountManager {
  id: string;
  name: string;
  email: string;
  clients: number;
}

export interface ClientRecord {
  client_id: string;
  name: string;
  status: LifecycleStatus;
  archived: boolean;
  industry?: string | null;
  account_manager_id?: string | null;
  client_since?: string | null;
  monthly_recurring_revenue?: Money | null;
  at_risk_since: string | null;
}

export interface Peers {
  industry: { average: number | null; n: number };
  all: { average: number | null; n: number };
  percentile: number | null;
  n: number;
}

export interface Standing {
  velocity: number | null;
  velocity_restated: boolean;
  velocity_reason: "insufficient_history" | "insufficient_data" | null;
  projected_score: number | null;
  peers: Peers;
}

export interface Factor {
  id: string;
  label: string;
  points: number;
  sentence: string;
}

export interface Signal {
  id: string;
  label: string;
  points: number | null;
  weight: number;
  contribution: string | null;
  missing: "no_data" | "not_connected" | null;
}

export interface WeightedResult<S extends Signal = Signal> {
  score: number | null;
  exact_score: string | null;
  band: WeightedBand;
  label: string;
  advice: string;
  coverage: number;
  provisional: boolean;
  signals: S[];
}

export interface DeductionCard extends Standing {
  score: number;
  status: ClientStatus;
  label: string;
  factors: Factor[];
}

export type WeightedCard = WeightedResult<Signal & { sentence: string }> & Standing;

export interface TrendPoint {
  date: string;
  deduction: number | null;
  weighted: number | null;
  settings_version: number;
}

export interface Card {
  client: ClientRecord;
  computed_at: string;
  primary_model: Model;
  settings_version: number;
  models: { deduction: DeductionCard; weighted: WeightedCard } | null;
  risk_indicators: string[];
  data_quality: { code: string; record_type: string | null; record_id: string | null; message: string }[];
  trend: TrendPoint[];
}

export interface HistoryEntry {
  date: string;
  as_of: string;
  trigger: "nightly" | "manual" | "qbr_logged" | "touchpoint_logged" | "reconciliation_completed";
  settings_version: number;
  deduction: { score: number; status: ClientStatus; points: Record<string, number> };
  weighted: {
    score: number | null;
    band: WeightedBand;
    coverage: number;
    provisional: boolean;
    points: Record<string, number | null>;
  };
}

export interface Explanation {
  model: Model;
  from: { date: string; score: number | null };
  to: { as_of: string; score: number | null };
  change: number | null;
  parts: {
    id: string;
    kind: "signal" | "factor" | "settings" | "coverage" | "limit" | "rounding";
    change: string;
    from_points: number | null;
    to_points: number | null;
    sentence: string;
  }[];
}

export interface ScoringSettings {
  version: number;
  primary_model: "auto" | Model;
  resolved_primary_model: Model;
  connected_sources: string[];
  ticket_open_until: "closed" | "resolved";
  weights: Record<string, number>;
  green_threshold: number;
  yellow_threshold: number;
  alert_threshold: number;
  velocity_alert_points: number;
  rearm_margin: number;
  alert_cooldown_days: number;
  missing_signals: "redistribute" | "neutral_50";
  sources: "auto" | string[];
  fallback_emails: string[];
}

export interface ResultPreview {
  before: WeightedResult;
  after: WeightedResult;
}

export interface Move {
  client_id: string;
  name: string;
  from_band: Band;
  to_band: Band;
  from: number | null;
  to: number | null;
}

export interface PortfolioPreview {
  bands: { before: Record<string, number>; after: Record<string, number> };
  average: { before: number | null; after: number | null };
  crossing: Move[];
  crossing_total: number;
  biggest_movers: Move[];
  biggest_movers_total: number;
  alerts: { count: number; clients: Move[] };
}

export type Weekday = "mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun";

export interface BusinessHours {
  version: number;
  enabled: boolean;
  weekly: Record<Weekday, [string, string][]>;
  holidays: string[];
}

export interface Workflows {
  version: number;
  at_risk_alert: { enabled: boolean };
}

export interface SettingsVersion {
  version: number;
  changed_at: string;
  changed_by: string;
  note: string | null;
  changes: { pointer: string; from: unknown; to: unknown }[];
}

export type AlertStatus = "OPEN" | "ACKNOWLEDGED" | "RESOLVED";

export interface Alert {
  id: string;
  client_id: string;
  client_name: string;
  account_manager_id: string | null;
  model: Model;
  score: number;
  previous_score: number | null;
  band: Band;
  reasons: { rule: "threshold" | "velocity"; threshold?: number; velocity?: number }[];
  sentence: string;
  as_of: string;
  status: AlertStatus;
  published_at: string | null;
}

export interface Task {
  id: string;
  client_id: string;
  client_name: string;
  account_manager_id: string | null;
  title: string;
  due_on: string;
  status: "OPEN" | "DONE";
  alert_id: string;
}

export interface ApiKey {
  id: string;
  name: string;
  permissions: string[];
  created_at: string;
  last_used_on: string | null;
}

export interface Subscription {
  id: string;
  protocol: "email" | "https" | "sqs";
  endpoint: string;
  confirmed: boolean;
}
