import { expect, test } from "vitest";
import type { ScoringSettings } from "../../api/types";
import { SIGNAL_NAMES } from "../../format";
import { type Draft, draftOf, faultsOf, hundredths, settingsOf, weightSum } from "./draft";

const SETTINGS = {
  version: 3,
  primary_model: "auto",
  resolved_primary_model: "weighted",
  ticket_open_until: "closed",
  missing_signals: "redistribute",
  green_threshold: 75,
  yellow_threshold: 40,
  alert_threshold: 60,
  velocity_alert_points: 10,
  rearm_margin: 5,
  alert_cooldown_days: 7,
  sources: "auto",
  connected_sources: [],
  fallback_emails: ["a@x.example", "b@x.example"],
  weights: Object.fromEntries(Object.keys(SIGNAL_NAMES).map((id, place) => [id, place === 0 ? 20 : 10])),
} as unknown as ScoringSettings;

function edited(part: Partial<Draft>): Draft {
  return { ...draftOf(SETTINGS), ...part };
}

test.each([
  ["12", 1200],
  ["12.5", 1250],
  ["12,55", 1255],
  [" 0.01 ", 1],
  ["100", 10_000],
  ["100.01", Number.NaN],
  ["1.234", Number.NaN],
  ["-1", Number.NaN],
  ["many", Number.NaN],
  ["", Number.NaN],
])("%s is %f hundredths", (text, expected) => {
  expect(hundredths(text)).toBe(expected);
});

test("settings survive being edited without a change", () => {
  const { version, resolved_primary_model, connected_sources, ...sent } = SETTINGS;
  expect(settingsOf(draftOf(SETTINGS))).toEqual(sent);
  expect(faultsOf(draftOf(SETTINGS))).toEqual({});
});

test("weights have to sum to exactly 100%", () => {
  const weights = { ...draftOf(SETTINGS).weights, payment_health: "10.5" };
  expect(weightSum(weights)).toBe(10_050);
  expect(faultsOf(edited({ weights })).weights).toBe("0.5 over 100%: lower another weight");
  expect(faultsOf(edited({ weights: { ...weights, payment_health: "9" } })).weights).toContain("1 under 100%");
  expect(weightSum({ ...weights, payment_health: "x" })).toBeNaN();
});

test("bands and numbers keep their order and their bounds", () => {
  const { numbers } = draftOf(SETTINGS);
  expect(faultsOf(edited({ numbers: { ...numbers, yellow_threshold: "75" } })).yellow_threshold).toContain("below");
  expect(faultsOf(edited({ numbers: { ...numbers, alert_threshold: "101" } })).alert_threshold).toContain("0 to 100");
  expect(faultsOf(edited({ numbers: { ...numbers, rearm_margin: "1.5" } })).rearm_margin).toContain("whole number");
});
