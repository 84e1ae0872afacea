/** One-click sign-in on the local stack: its front server hands out real tokens of the stack's own user pool. */
import { type Claims, COGNITO_CLAIMS, claimsOf, type Session } from "./session";

const KEY = "client-health.demo";
const MARGIN_MS = 60_000;

export interface DemoUser {
  role: string;
  tenant: string;
  permissions: string[];
  /** The account manager to be. */
  manager?: string;
}

class DemoSession implements Session {
  constructor(
    private readonly user: DemoUser,
    private held: string,
  ) {}

  get claims(): Claims {
    const claims = claimsOf(this.held, COGNITO_CLAIMS);
    return { ...claims, email: this.user.role }; // its address is a made-up one
  }

  async token(): Promise<string> {
    if (this.claims.expiresAt - MARGIN_MS < Date.now()) {
      this.held = await fetchToken(this.user);
      store(this.user, this.held);
    }
    return this.held;
  }

  async signOut(): Promise<void> {
    sessionStorage.removeItem(KEY);
  }
}

export async function demoSignIn(user: DemoUser): Promise<Session> {
  const token = await fetchToken(user);
  store(user, token);
  return new DemoSession(user, token);
}

export function heldDemoSession(): Session | null {
  const held = sessionStorage.getItem(KEY);
  if (held === null) return null;
  const { user, token } = JSON.parse(held) as { user: DemoUser; token: string };
  return claimsOf(token, COGNITO_CLAIMS).expiresAt > Date.now() ? new DemoSession(user, token) : null;
}

function store(user: DemoUser, token: string): void {
  sessionStorage.setItem(KEY, JSON.stringify({ user, token }));
}

async function fetchToken(user: DemoUser): Promise<string> {
  const answer = await fetch("/demo/token", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({
      tenant: user.tenant,
      permissions: user.permissions,
      name: user.role,
      ...(user.manager && { account_manager_id: user.manager }),
    }),
  });
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(said.detail ?? `The local stack answered ${answer.status}.`);
  return said.token as string;
}
