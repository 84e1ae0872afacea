import { expect, test } from "vitest";
import type { Activities, Activity, ActivityEffect } from "../../api/types";
import { alikeOf, effectSentence, marksOf } from "./activities";

const effect: ActivityEffect = {
  model: "weighted",
  from: 61,
  to: 68,
  change: 7,
  parts: [
    {
      id: "days_since_decision_maker_contact",
      kind: "signal",
      change: "7.0",
      from_points: 30,
      to_points: 100,
      sentence: "",
    },
  ],
};

const entry: Activity = {
  id: "ui-1",
  kind: "CALL",
  occurred_at: "2026-11-22T10:00:00Z",
  held_on: null,
  with_decision_maker: true,
  status: null,
  text: null,
  by: { subject: "other", name: "Ada" },
  logged_at: "2026-11-22T10:00:01Z",
  withdrawn_at: null,
  change: "7.0",
};

test("what it did to the score", () => {
  expect(effectSentence("Logged", effect)).toBe("Logged. Health Score 61 → 68: decision-maker contact +7.0.");
  expect(effectSentence("Logged", { ...effect, to: 61, change: 0, parts: [] })).toBe("Logged. The score stays 61.");
  expect(effectSentence("Logged", { ...effect, from: null, change: null, parts: [] })).toBe("Logged.");
  expect(effectSentence("Logged", null)).toBe("Logged.");
});

test("somebody else's of the same kind and time", () => {
  const own = { subject: "me", kind: "CALL", at: Date.parse("2026-11-22T10:15:00Z"), heldOn: "2026-11-22" } as const;
  expect(alikeOf([entry], own)).toBe(entry);
  expect(alikeOf([entry], { ...own, at: own.at + 1000 })).toBeUndefined();
  expect(alikeOf([entry], { ...own, subject: "other" })).toBeUndefined();
  expect(alikeOf([entry], { ...own, kind: "VISIT" })).toBeUndefined();
  expect(alikeOf([{ ...entry, withdrawn_at: "2026-11-22T11:00:00Z" }], own)).toBeUndefined();
  expect(alikeOf([{ ...entry, by: null }], own)).toBeUndefined();
  const qbr: Activity = { ...entry, kind: "QBR", occurred_at: null, held_on: "2026-11-22" };
  expect(alikeOf([qbr], { ...own, kind: "QBR" })).toBe(qbr);
});

test("marks are of what was held, on the tenant's day", () => {
  const qbr: Activity = { ...entry, kind: "QBR", occurred_at: null, held_on: "2026-11-20", status: "COMPLETED" };
  const journal: Activities = {
    items: [
      { ...entry, occurred_at: "2026-11-22T23:30:00Z" },
      { ...entry, with_decision_maker: false },
      { ...entry, withdrawn_at: "2026-11-22T11:00:00Z" },
      qbr,
      { ...qbr, status: "SCHEDULED" },
      { ...qbr, status: "CANCELLED" },
    ],
    next_cursor: null,
    time_zone: "Europe/Rome",
  };
  expect(marksOf(journal).map((mark) => [mark.date, mark.shape])).toEqual([
    ["2026-11-23", "contact"],
    ["2026-11-20", "qbr"],
  ]);
  expect(marksOf(undefined)).toEqual([]);
});
