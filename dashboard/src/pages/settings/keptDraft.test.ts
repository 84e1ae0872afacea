import { expect, test } from "vitest";
import { keptDraft } from "./keptDraft";

const INITIAL = { green: "75", sources: "auto" };
const KEPT = JSON.stringify({ version: 3, draft: { green: "80", sources: "auto" } });

test("a draft is taken up again", () => {
  expect(keptDraft(KEPT, 3, INITIAL)).toEqual({ green: "80", sources: "auto" });
});

test("not for another version, nor when drafts look different by now", () => {
  expect(keptDraft(KEPT, 4, INITIAL)).toBeNull();
  expect(keptDraft(KEPT, 3, { ...INITIAL, more: "" })).toBeNull();
  expect(keptDraft(null, 3, INITIAL)).toBeNull();
});
