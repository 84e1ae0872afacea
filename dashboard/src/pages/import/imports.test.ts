import { expect, test } from "vitest";
import type { Import, ImportPreview } from "../../api/types";
import {
  columnOf,
  datesOf,
  isUnderWay,
  type MapDocument,
  mapName,
  missingFields,
  openDayOrder,
  progress,
  refusal,
  withColumn,
  withWord,
} from "./imports";

const MAP: MapDocument = { type: "ticket", columns: { id: "Nr", closed_at: ["Closed", "Done"] } };
const QUESTION = `'03/04/2026' is 3 April 2026 or 4 March 2026, and no date in the file tells: set date_formats in the map to "%d/%m/%Y …" or "%m/%d/%Y …"`;
const HELD = { state: "IMPORTING", stalled: false, rows: 200, handled: 50 } as Import;

test("a map's columns are read and changed one at a time", () => {
  expect(columnOf(MAP, "closed_at")).toBe("Closed");
  expect(columnOf(MAP, "created_at")).toBe("");
  expect(withColumn(MAP, "id", "Number").columns).toEqual({ id: "Number", closed_at: ["Closed", "Done"] });
  expect(withColumn(MAP, "id", "").columns).toEqual({ closed_at: ["Closed", "Done"] });
  expect(MAP.columns).toEqual({ id: "Nr", closed_at: ["Closed", "Done"] });
});

test("words keep the meanings that they had", () => {
  const one = withWord(MAP, "priority", "Hot", "P1");
  expect(withWord(one, "priority", "Cold", "P4").values).toEqual({ priority: { Hot: "P1", Cold: "P4" } });
});

test("what a map still needs is named", () => {
  expect(missingFields(MAP)).toEqual(["Created", "Priority"]);
  expect(missingFields({ ...withColumn(MAP, "created_at", "Opened"), constants: { priority: "P3" } })).toEqual([]);
});

test("an order of day and month is one for all forms", () => {
  expect(datesOf("day", "/")).toContain("%d/%m/%Y %H:%M");
  expect(datesOf("month", "/")).toContain("%m/%d/%Y %H:%M");
  expect(datesOf("day", "/").length).toBeLessThanOrEqual(20);
  expect(datesOf("day", "/").some((form) => form.startsWith("%m"))).toBe(false);
});

test("only the file with two readings asks", () => {
  const faults = [{ file: "a.csv", column: "Opened", reason: QUESTION, count: 1, places: [] }];
  const preview = { faults } as unknown as ImportPreview;
  expect(openDayOrder(preview, "a.csv")).toBe("/");
  expect(openDayOrder(preview, "b.csv")).toBeNull();
});

test("a typed name becomes one that can be kept", () => {
  expect(mapName("  Our desk (new)! ")).toBe("Our-desk-new-");
  expect(mapName("__x")).toBe("x");
  expect(mapName("!!!")).toBe("");
});

test.each([
  [[{ name: "a.pdf", size: 1 }], "not a CSV"],
  [[{ name: "a.csv", size: 0 }], "empty"],
  [[{ name: "a.csv", size: 200_000_001 }], "200 MB"],
  [
    [
      { name: "a.csv", size: 1 },
      { name: "A.CSV", size: 1 },
    ],
    "same name",
  ],
  [Array.from({ length: 21 }, (_, number) => ({ name: `${number}.csv`, size: 1 })), "at most 20"],
])("files that cannot be imported are refused before they are sent: %#", (files, told) => {
  expect(refusal(files)).toContain(told);
});

test("files that can be imported are sent", () => {
  expect(refusal([{ name: "Tickets.XLSX", size: 200_000_000 }])).toBeNull();
});

test("progress is known once the rows are counted", () => {
  expect(progress(HELD)).toBe(25);
  expect(progress({ ...HELD, rows: 0 })).toBeNull();
  expect(progress({ ...HELD, state: "DONE", rows: 0 })).toBe(100);
  expect([isUnderWay(HELD), isUnderWay({ ...HELD, stalled: true }), isUnderWay({ ...HELD, state: "DONE" })]).toEqual([
    true,
    false,
    false,
  ]);
});
