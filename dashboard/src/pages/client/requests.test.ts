import { expect, test } from "vitest";
import { explanationParameters, inOrder, planParameters } from "./requests";

test("what the address holds is asked for, as far as it is what it should be", () => {
  const address = new URLSearchParams("model=deduction&from=2026-10-01&to=soon&page=2");
  expect(explanationParameters("c-1", address)).toEqual({
    path: { client_id: "c-1" },
    query: { model: "deduction", from: "2026-10-01" },
  });
  expect(explanationParameters("c-1", new URLSearchParams("model=best")).query).toEqual({});
});

test("a target is a score of 1 to 100", () => {
  expect(planParameters("c-1", new URLSearchParams("target=75&model=weighted"))).toEqual({
    path: { client_id: "c-1" },
    query: { model: "weighted", target: 75 },
  });
  for (const text of ["0", "101", "70.5", "x", ""]) {
    expect(planParameters("c-1", new URLSearchParams({ target: text })).query).toEqual({});
  }
});

test("two days are put in the order of the calendar", () => {
  expect(inOrder("2026-11-02", "2026-11-01")).toEqual({ from: "2026-11-01", to: "2026-11-02" });
  expect(inOrder("2026-11-02", null)).toEqual({ from: "2026-11-02", to: null });
});
