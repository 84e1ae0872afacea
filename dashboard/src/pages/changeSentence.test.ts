import { expect, test } from "vitest";
import { changeSentence } from "./changeSentence";

test("a change says with which day it compares, and what else changed", () => {
  const change = { points: 1, baseline_date: "2026-10-28", settings_changed: false };
  expect(changeSentence(change)).toBe("Compared with 28 Oct 2026.");
  expect(changeSentence({ ...change, settings_changed: true })).toContain("Settings changed in between");
  expect(changeSentence({ ...change, baseline_date: null })).toBe("No comparison yet: needs a month of history.");
});
