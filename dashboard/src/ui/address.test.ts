import { expect, test } from "vitest";
import { known, oneOf, pageNumber } from "./address";

test("an address can hold anything, a page only what there is", () => {
  const values = ["asc", "desc"] as const;
  expect([known("asc", values), known("up", values), known(null, values)]).toEqual(["asc", null, null]);
  expect([oneOf("desc", values, "asc"), oneOf("", values, "asc")]).toEqual(["desc", "asc"]);
});

test.each([
  ["", 1],
  ["page=3", 3],
  ["page=0", 1],
  ["page=-2", 1],
  ["page=2.5", 1],
  ["page=1001", 1],
  ["page=many", 1],
])("%s is page %i", (text, page) => {
  expect(pageNumber(new URLSearchParams(text))).toBe(page);
});
