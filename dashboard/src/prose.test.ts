import { expect, test } from "vitest";

/** Phrasings that were found in texts of the page, and what to write instead. */
const PHRASINGS: [RegExp, string][] = [
  [/\banew\b/, "again"],
  [/\bin force\b/, "current"],
  [/\bput right\b/, "fix"],
  [/\bby itself\b/, "automatically"],
  [/\bat this pace\b/, "at this rate"],
  [/\btake(s|n)? (it|the flag) away\b/, "remove"],
  [/\bthe facts\b/, "what is counted"],
  [/\bno night\b/, "no history"],
  [/\bfleet\b/i, "portfolio"],
  [/\b(this|other|all|sample) accounts?\b(?! manager)/i, "client"],
  [/\bMake (a )?key\b|\bKeep it\b/, "Create, Cancel"],
  [/\bdoing\b/, "say who did what"],
];

const SOURCES = import.meta.glob<string>("./**/*.{ts,tsx}", { query: "?raw", import: "default", eager: true });

/** Without comments, tests and generated types: what is left with these words is shown to somebody. */
const SHOWN = Object.entries(SOURCES)
  .filter(([file]) => !/\.test\.ts$|schema\.d\.ts$/.test(file))
  .map(([file, text]) => [file, text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "")] as const);

test.each(PHRASINGS)("no text says %s", (phrasing, instead) => {
  const found = SHOWN.filter(([, text]) => phrasing.test(text)).map(([file]) => file);
  expect(found, `write: ${instead}`).toEqual([]);
});

test("there is something to read", () => {
  expect(SHOWN.length).toBeGreaterThan(40);
});
