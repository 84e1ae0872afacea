/** What differs between two versions of the settings, in words. */
import { FACTOR_NAMES, SIGNAL_NAMES, SOURCE_NAMES, words } from "../../format";
import "./changes.css";

export interface Change {
  pointer: string;
  from: unknown;
  to: unknown;
}

const NAMES: Record<string, string> = {
  ...FACTOR_NAMES,
  ...SIGNAL_NAMES,
  health_score: "Health Score",
  business_hours: "Business hours",
  workflows: "Workflows",
  links: "Links",
  at_risk_alert: "At-Risk Alert",
  weekly: "Week",
  mon: "Monday",
  tue: "Tuesday",
  wed: "Wednesday",
  thu: "Thursday",
  fri: "Friday",
  sat: "Saturday",
  sun: "Sunday",
};

function place(pointer: string): string {
  return pointer
    .split("/")
    .filter(Boolean)
    .map((part) => NAMES[part] ?? words(part))
    .join(" › ");
}

function value(of: unknown): string {
  if (of === null || of === undefined) return "nothing";
  if (typeof of === "boolean") return of ? "on" : "off";
  if (Array.isArray(of)) {
    if (of.length === 0) return "none";
    return of
      .map((each) => (Array.isArray(each) ? each.join("–") : (SOURCE_NAMES[String(each)] ?? String(each))))
      .join(", ");
  }
  if (typeof of === "object") return JSON.stringify(of);
  if (typeof of === "string") return of.startsWith("https://") ? of : words(of);
  return String(of);
}

/** The differences of two plain documents; lists are compared whole, as the API does. */
export function differences(before: unknown, after: unknown, pointer = ""): Change[] {
  if (isObject(before) && isObject(after)) {
    return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((name) =>
      differences(before[name], after[name], `${pointer}/${name}`),
    );
  }
  return JSON.stringify(before) === JSON.stringify(after) ? [] : [{ pointer, from: before, to: after }];
}

function isObject(of: unknown): of is Record<string, unknown> {
  return typeof of === "object" && of !== null && !Array.isArray(of);
}

export function ChangeList({ changes }: { changes: Change[] }) {
  if (changes.length === 0) return <p className="muted small">Nothing changed.</p>;
  return (
    <ul className="diff small">
      {changes.map((change) => (
        <li key={change.pointer}>
          <span>{place(change.pointer)}:</span>
          <del>
            <span className="visually-hidden">before </span>
            {value(change.from)}
          </del>
          <span aria-hidden="true">→</span>
          <ins>
            <span className="visually-hidden">after </span>
            {value(change.to)}
          </ins>
        </li>
      ))}
    </ul>
  );
}
