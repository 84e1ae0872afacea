import { expect, test } from "vitest";
import { differences } from "./changes";

test("differences are named by where they are, and lists are compared whole", () => {
  const before = { weights: { a: 10, b: 20 }, sources: "auto", mails: ["x"] };
  expect(differences(before, { weights: { a: 10, b: 25 }, sources: ["psa"], mails: ["x"] })).toEqual([
    { pointer: "/weights/b", from: 20, to: 25 },
    { pointer: "/sources", from: "auto", to: ["psa"] },
  ]);
  expect(differences(before, before)).toEqual([]);
});
