import { expect, test } from "vitest";
import { COGNITO_CLAIMS, claimsOf } from "./session";

function token(claims: object): string {
  return `head.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.signature`;
}

test("a token is read for its holder, tenant and permissions", () => {
  const held = token({
    sub: "u-1",
    email: "ö@x.example",
    "custom:tenant_id": "acme",
    "cognito:groups": ["a", "b"],
    exp: 7,
  });
  expect(claimsOf(held, COGNITO_CLAIMS)).toEqual({
    subject: "u-1",
    email: "ö@x.example",
    name: "ö@x.example",
    tenant: "acme",
    permissions: new Set(["a", "b"]),
    manager: null,
    ownAlone: false,
    expiresAt: 7000,
  });
});

test("permissions may be written as OAuth writes scopes, or be missing", () => {
  const names = { tenant_claim: "t", groups_claim: "scope", account_manager_claim: "m" };
  expect(claimsOf(token({ scope: "reports.read clients.read" }), names).permissions).toEqual(
    new Set(["reports.read", "clients.read"]),
  );
  expect(claimsOf(token({}), names).permissions).toEqual(new Set());
});

test("an account manager may have own clients alone, or all of them with the plain permission", () => {
  const claims = (...groups: string[]) =>
    claimsOf(token({ name: "Grace", "custom:account_manager_id": "am-3", "cognito:groups": groups }), COGNITO_CLAIMS);
  const own = claims("reports.read.own", "alerts.write.own");
  expect([own.manager, own.name, own.ownAlone]).toEqual(["am-3", "Grace", true]);
  expect(own.permissions).toEqual(new Set(["reports.read", "alerts.write"]));
  expect(claims("reports.read", "reports.read.own").ownAlone).toBe(false);
  expect(claims("reports.read", "clients.read.own").ownAlone).toBe(true);
});
