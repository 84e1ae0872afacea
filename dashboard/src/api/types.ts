/** Short names for the API's answers. The types themselves are generated from the OpenAPI document. */
import type { components, paths } from "./schema";

type Schemas = components["schemas"];

export type Money = Schemas["Money"];
export type Change = Schemas["ScoreChange"];
export type ClientHealth = Schemas["ClientHealthPage"];
export type ClientHealthRow = Schemas["ClientHealthRow"];
export type RiskIndicator = Schemas["RiskIndicator"];
export type Portfolio = Schemas["Portfolio"];
export type Account = Schemas["Account"];
export type AccountManager = Schemas["AccountManager"];
export type Workload = Schemas["Workload"];
export type Subscription = Schemas["Subscription"];
export type Card = Schemas["HealthCard"];
export type Standing = Pick<
  Schemas["WeightedResult"],
  "velocity" | "velocity_restated" | "velocity_reason" | "projected_score" | "peers"
>;
export type HistoryEntry = Schemas["HistoryItem"];
export type Path = Schemas["Path"];
export type HeldRecord = Schemas["HeldRecord"];
export type Activities = Schemas["ActivityList"];
export type Activity = Schemas["ActivityEntry"];
export type ActivityEffect = Schemas["ActivityEffect"];
export type Explanation = Schemas["Explanation"];
export type ScoringSettings = Schemas["ScoringSettings"];
export type ResultPreview = Schemas["ScorePreview"];
export type PortfolioPreview = Schemas["PortfolioPreview"];
export type Move = Schemas["PreviewMove"];
export type BusinessHours = Schemas["BusinessHours"];
export type Weekday = keyof Schemas["WeeklyHours"];
export type Links = Schemas["Links"];
export type Workflows = Schemas["Workflows"];
export type Alert = Schemas["Alert"];
export type AlertStatus = Alert["status"];
export type Task = Schemas["Task"];
export type TaskStatus = Task["status"];
export type Import = Schemas["Import"];
export type ImportDetails = Schemas["ImportDetails"];
export type ImportPreview = Schemas["ImportPreview"];
export type PreviewedFile = Schemas["PreviewedFile"];
export type TaskChanges = Partial<Schemas["TaskStatusBody"]>;
export type ApiKey = Schemas["ApiKey"];

export type ScorePart = NonNullable<
  NonNullable<paths["/v1/clients/{client_id}/records"]["get"]["parameters"]["query"]>["for"]
>;
export type ActivityBody = Schemas["ActivityBody"];
export type QbrOutcome = Schemas["QbrOutcomeBody"];

export type Model = Portfolio["model"];
export type Period = ClientHealth["period"];
export type IndicatorCode = NonNullable<Query<"/v1/analytics/clients">["indicator"]>[number];
export type ClientStatus = ClientHealthRow["status"];
export type Band = Portfolio["bands"][number]["band"];
export type LifecycleStatus = Account["status"];

type Query<Path extends "/v1/clients" | "/v1/analytics/clients"> = NonNullable<
  paths[Path]["get"]["parameters"]["query"]
>;
export type AccountSort = NonNullable<Query<"/v1/clients">["sort"]>;
export type ClientHealthSort = NonNullable<Query<"/v1/analytics/clients">["sort"]>;
