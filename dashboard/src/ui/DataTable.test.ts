import { expect, test } from "vitest";
import { orderAfterClick } from "./DataTable";

test("a click on the sorted column turns it around, another begins as that column does", () => {
  expect(orderAfterClick("score", undefined, { by: "score", order: "asc" })).toEqual({ by: "score", order: "desc" });
  expect(orderAfterClick("score", "desc", { by: "score", order: "desc" })).toEqual({ by: "score", order: "asc" });
  expect(orderAfterClick("revenue", "desc", { by: "score", order: "asc" })).toEqual({ by: "revenue", order: "desc" });
  expect(orderAfterClick("name", undefined, undefined)).toEqual({ by: "name", order: "asc" });
});
