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
    tenant: "acme",
    permissions: new Set(["a", "b"]),
    expiresAt: 7000,
  });
});

test("permissions may be written as OAuth writes scopes, or be missing", () => {
  const names = { tenant_claim: "t", groups_claim: "scope" };
  expect(claimsOf(token({ scope: "reports.read clients.read" }), names).permissions).toEqual(
    new Set(["reports.read", "clients.read"]),
  );
  expect(claimsOf(token({}), names).permissions).toEqual(new Set());
});
