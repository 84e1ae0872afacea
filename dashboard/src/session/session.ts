/** Who is signed in: the ID token and what it says. The token lives in sessionStorage, for this tab alone. */

export const PERMISSIONS = [
  "reports.read",
  "clients.read",
  "settings.read",
  "settings.write",
  "records.write",
  "scores.recalculate",
  "alerts.write",
  "activities.write",
] as const;

export type Permission = (typeof PERMISSIONS)[number];

/** What is served at /config.json beside the page. */
export type Config =
  | { mode: "demo"; tenants: string[] }
  | ({ mode: "oidc"; issuer: string; client_id: string; scope: string; hosted_ui_domain?: string } & ClaimNames);

/** Where the issuer's ID tokens say what the page shows. */
export interface ClaimNames {
  tenant_claim: string;
  groups_claim: string;
  account_manager_claim: string;
}

/** The user pool's, which are the local stack's too. */
export const COGNITO_CLAIMS: ClaimNames = {
  tenant_claim: "custom:tenant_id",
  groups_claim: "cognito:groups",
  account_manager_claim: "custom:account_manager_id",
};

/** Behind a permission that is for an account manager's own clients alone. */
const OWN = ".own";

export interface Claims {
  subject: string;
  email: string;
  /** What others see beside what this person did. */
  name: string;
  tenant: string;
  /** What may be done at all, be it with all clients or with own ones alone. */
  permissions: ReadonlySet<string>;
  /** The account manager that this person is; null for everybody else. */
  manager: string | null;
  /** Whether nobody else's clients can be seen. */
  ownAlone: boolean;
  expiresAt: number;
}

export interface Session {
  readonly claims: Claims;
  /** A token with some life left. */
  token(): Promise<string>;
  signOut(): Promise<void>;
}

/** Reads a token for display; the API alone decides what it is worth. */
export function claimsOf(token: string, names: ClaimNames): Claims {
  const part = token.split(".")[1] ?? "";
  const bytes = Uint8Array.from(atob(part.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
  const claims = JSON.parse(new TextDecoder().decode(bytes));
  const said: unknown = claims[names.groups_claim];
  const groups = typeof said === "string" ? said.split(/\s+/) : said; // as OAuth writes scopes
  const held: string[] = Array.isArray(groups) ? groups.map(String) : [];
  const manager = claims[names.account_manager_claim];
  return {
    subject: String(claims.sub ?? ""),
    email: String(claims.email ?? ""),
    name: String(claims.name ?? claims.email ?? ""),
    tenant: String(claims[names.tenant_claim] ?? ""),
    permissions: new Set(held.map((permission) => permission.replace(/\.own$/, ""))),
    manager: manager ? String(manager) : null,
    ownAlone: ["reports.read", "clients.read"].some((read) => held.includes(read + OWN) && !held.includes(read)),
    expiresAt: Number(claims.exp ?? 0) * 1000,
  };
}

export async function loadConfig(): Promise<Config> {
  const answer = await fetch("/config.json", { cache: "no-store" });
  if (!answer.ok) throw new Error(`/config.json: ${answer.status}`);
  const config = await answer.json();
  if (config.mode !== "demo" && config.mode !== "oidc") throw new Error("/config.json names no sign-in mode");
  return config as Config;
}
