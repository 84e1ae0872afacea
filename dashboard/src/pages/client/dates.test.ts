import { expect, test } from "vitest";
import type { Activity, HeldRecord } from "../../api/types";
import { contractEnd, lastQbr, nextQbr } from "./dates";

const contract = (end_date?: string) => ({ type: "contract", id: "C", ...(end_date && { end_date }) }) as HeldRecord;
const qbr = (held_on: string, status: string, withdrawn_at: string | null = null) =>
  ({ kind: "QBR", held_on, status, withdrawn_at }) as Activity;

test("a contract goes until the first end of those that are active", () => {
  expect(contractEnd([])).toBe("none active");
  expect(contractEnd([contract()])).toBe("open-ended");
  expect(contractEnd([contract("9999-12-31"), contract("2027-03-01"), contract("2026-12-24")])).toBe(
    "until 24 Dec 2026",
  );
});

test("the last QBR was held, the next one is planned and has not passed", () => {
  const entries = [
    qbr("2026-12-10", "SCHEDULED"),
    qbr("2027-01-10", "SCHEDULED"),
    qbr("2026-12-01", "SCHEDULED", "2026-11-20T10:00:00Z"),
    qbr("2026-11-01", "SCHEDULED"),
    qbr("2026-09-01", "COMPLETED"),
    qbr("2026-06-01", "COMPLETED"),
    qbr("2026-10-01", "CANCELLED"),
  ];
  expect(lastQbr(entries, "2026-11-22")).toBe("2026-09-01");
  expect(nextQbr(entries, "2026-11-22")).toBe("2026-12-10");
  expect([lastQbr([], "2026-11-22"), nextQbr([], "2026-11-22")]).toEqual([null, null]);
});
