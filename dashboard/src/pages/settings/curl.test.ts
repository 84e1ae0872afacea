import { expect, test } from "vitest";
import { tryingCall } from "./curl";

test("a key that may send records tries that, and stores nothing", () => {
  const call = tryingCall("https://health.example", "hk_A_b", ["clients.read", "records.write"]);
  expect(call).toMatch(/^curl https:\/\/health\.example\/v1\/records -H 'Authorization: Bearer hk_A_b' /);
  const body = JSON.parse(/-d '(.*)'$/.exec(call ?? "")?.[1] ?? "");
  expect(body.dry_run).toBe(true);
  expect(body.records).toHaveLength(1);
});

test("other keys try what they may read", () => {
  expect(tryingCall("https://h.example", "k", ["clients.read"])).toContain("/v1/clients ");
  expect(tryingCall("https://h.example", "k", ["settings.read"])).toContain("/v1/settings/health-score ");
  expect(tryingCall("https://h.example", "k", ["scores.recalculate"])).toBeNull();
});
