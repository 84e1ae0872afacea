/** What the page makes of an import: words, numbers, and the maps that people edit. No drawing here. */
import type { Import, ImportPreview, PreviewedFile } from "../../api/types";

export const ENDINGS = ".csv,.txt,.tsv,.xlsx,.xlsm,.zip";
export const MOST_BYTES = 200_000_000;
export const MOST_FILES = 20;

/** What a map's document is, as far as the page edits it. */
export interface MapDocument {
  type: string;
  source?: string;
  columns: Record<string, string | string[]>;
  values?: Record<string, Record<string, string>>;
  constants?: Record<string, string>;
  date_formats?: string[];
  client?: { from: string | string[]; by: string; create?: boolean };
  match?: { header?: string[] };
  [other: string]: unknown;
}

interface FieldOf {
  name: string;
  label: string;
  needed?: boolean;
  codes?: readonly string[];
}

const UPDATED: FieldOf = { name: "updated_at", label: "Last changed" };
const PRIORITIES = ["P1", "P2", "P3", "P4", "P5"] as const;

/** The types of records that tools export, with the fields that a column can fill. */
export const TYPES: Record<string, { label: string; fields: readonly FieldOf[] }> = {
  ticket: {
    label: "Tickets",
    fields: [
      { name: "id", label: "Ticket number", needed: true },
      { name: "created_at", label: "Created", needed: true },
      { name: "priority", label: "Priority", needed: true, codes: PRIORITIES },
      { name: "state", label: "Status", codes: ["open", "resolved", "closed"] },
      { name: "first_response_at", label: "First response" },
      { name: "resolved_at", label: "Resolved" },
      { name: "closed_at", label: "Closed" },
      { name: "due_at", label: "Due" },
      UPDATED,
    ],
  },
  invoice: {
    label: "Invoices",
    fields: [
      { name: "id", label: "Invoice number", needed: true },
      { name: "issued_on", label: "Invoice date", needed: true },
      { name: "due_on", label: "Due date", needed: true },
      { name: "total_amount", label: "Total", needed: true },
      { name: "total_currency", label: "Currency" },
      {
        name: "status",
        label: "Status",
        needed: true,
        codes: ["DRAFT", "SENT", "PARTIAL", "PAID", "VOID", "DISPUTED"],
      },
      { name: "paid_on", label: "Paid on" },
      { name: "balance", label: "Balance" },
      UPDATED,
    ],
  },
  survey: {
    label: "Survey responses",
    fields: [
      { name: "id", label: "Response id", needed: true },
      { name: "kind", label: "CSAT or NPS", needed: true, codes: ["CSAT", "NPS"] },
      { name: "score", label: "Score", needed: true },
      { name: "responded_at", label: "Responded", needed: true },
      UPDATED,
    ],
  },
  contract: {
    label: "Contracts",
    fields: [
      { name: "id", label: "Contract id", needed: true },
      { name: "status", label: "Status", needed: true, codes: ["ACTIVE", "EXPIRED", "CANCELLED", "DRAFT"] },
      { name: "start_date", label: "Start", needed: true },
      { name: "end_date", label: "End" },
      UPDATED,
    ],
  },
};

export function typeName(type: string): string {
  return TYPES[type]?.label ?? type.replace(/_/g, " ");
}

/** The column that a map reads a field from: the first, where there are several. */
export function columnOf(map: MapDocument, field: string): string {
  const told = map.columns[field];
  return (Array.isArray(told) ? told[0] : told) ?? "";
}

export function withColumn(map: MapDocument, field: string, column: string): MapDocument {
  const { [field]: _, ...others } = map.columns;
  return { ...map, columns: column ? { ...others, [field]: column } : others };
}

export function withWord(map: MapDocument, field: string, word: string, code: string): MapDocument {
  return { ...map, values: { ...map.values, [field]: { ...map.values?.[field], [word]: code } } };
}

/** Fields that a map must fill, and does not. */
export function missingFields(map: MapDocument): string[] {
  const filled = (name: string) => columnOf(map, name) !== "" || map.constants?.[name] !== undefined;
  return (TYPES[map.type]?.fields ?? [])
    .filter((field) => field.needed && !filled(field.name))
    .map((each) => each.label);
}

export type DayOrder = "day" | "month";

/** The forms of dates with the day first, or the month: what a map says where the file does not tell. */
export function datesOf(order: DayOrder, mark: string): string[] {
  const pair = order === "day" ? `%d${mark}%m` : `%m${mark}%d`;
  const days = [`${pair}${mark}%Y`, `${pair}${mark}%y`];
  const clocks = ["", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p"];
  const iso = ["%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S"];
  return [...iso, ...days.flatMap((day) => clocks.map((clock) => day + clock))];
}

/** What stands between day and month where a file's dates can be read in two ways; null where nobody has to say. */
export function openDayOrder(preview: ImportPreview, file: string): string | null {
  const asked = preview.faults
    .filter((fault) => fault.file === file)
    .map((fault) => /no date in the file tells.*"%d(.?)%m/.exec(fault.reason))
    .find(Boolean);
  return asked?.[1] ?? null;
}

/** What a name of a map may be: made of what somebody typed. */
export function mapName(typed: string): string {
  return typed
    .trim()
    .replace(/[^A-Za-z0-9_-]+/g, "-")
    .replace(/^[^A-Za-z0-9]+/, "")
    .slice(0, 64);
}

/** What is wrong with files before they are sent; null if nothing is. */
export function refusal(files: readonly { name: string; size: number }[]): string | null {
  if (files.length > MOST_FILES) return `Choose at most ${MOST_FILES} files at a time, or put them into a ZIP.`;
  const wrong = files.find(({ name }) => !ENDINGS.split(",").some((ending) => name.toLowerCase().endsWith(ending)));
  if (wrong) return `${wrong.name} is not a CSV file, an Excel file (.xlsx) or a ZIP. Save it as CSV first.`;
  const empty = files.find(({ size }) => size === 0);
  if (empty) return `${empty.name} is empty.`;
  const large = files.find(({ size }) => size > MOST_BYTES);
  if (large) return `${large.name} is over 200 MB. Split it, or put it into a ZIP.`;
  const names = files.map(({ name }) => name.toLowerCase());
  if (new Set(names).size < names.length) return "Two files have the same name. Rename one of them.";
  return null;
}

export function isUnderWay(held: Import): boolean {
  return (held.state === "READING" || held.state === "IMPORTING") && !held.stalled;
}

/** How far an import is, in percent; null while nobody can know. */
export function progress(held: Import): number | null {
  if (held.state === "DONE") return 100;
  if (held.rows === 0) return null;
  return Math.floor((100 * held.handled) / held.rows);
}

/** Files that somebody has to do something about before anything can be imported. */
export function unknownFiles(preview: ImportPreview): PreviewedFile[] {
  return preview.files.filter((file) => file.map === null);
}
