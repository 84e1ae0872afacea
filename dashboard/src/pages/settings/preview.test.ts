import { expect, test } from "vitest";
import type { Move } from "../../api/types";
import { fallSentence } from "./preview";

function move(from: number | null): Move {
  return { client_id: "c", name: "C", from, to: 50, from_band: "YELLOW", to_band: "YELLOW" };
}

test("only those who were not below already are said to fall", () => {
  expect(fallSentence({ count: 3, clients: [move(60), move(59), move(null)] }, 60)).toMatch(
    /^2 more clients fall below/,
  );
  expect(fallSentence({ count: 1, clients: [move(60)] }, 60)).toMatch(/^1 more client falls below/);
  expect(fallSentence({ count: 1, clients: [move(40)] }, 60)).toBe("No more clients fall below the alert threshold.");
  expect(fallSentence({ count: 0, clients: [] }, 60)).toBe("No more clients fall below the alert threshold.");
});

test("a list that is cut short says so", () => {
  expect(fallSentence({ count: 90, clients: [move(61)] }, 60)).toMatch(/^At least 1 more client falls/);
});
