/** Sign-in at the user pool: OIDC code flow with PKCE, refreshed with the refresh token. */
import { UserManager, WebStorageStateStore } from "oidc-client-ts";
import { type Claims, type Config, claimsOf, type Session } from "./session";

type OidcConfig = Extract<Config, { mode: "oidc" }>;

const MARGIN_S = 60;

function userManager(config: OidcConfig): UserManager {
  const home = `${location.origin}/`;
  return new UserManager({
    authority: config.issuer,
    client_id: config.client_id,
    redirect_uri: home,
    post_logout_redirect_uri: home,
    response_type: "code",
    scope: config.scope,
    userStore: new WebStorageStateStore({ store: sessionStorage }),
    stateStore: new WebStorageStateStore({ store: sessionStorage }),
    automaticSilentRenew: false, // done in token(), so that no timer outlives its use
    monitorSession: false,
  });
}

class OidcSession implements Session {
  constructor(
    private readonly manager: UserManager,
    private readonly config: OidcConfig,
    private held: string,
  ) {}

  get claims(): Claims {
    return claimsOf(this.held, this.config);
  }

  async token(): Promise<string> {
    if (this.claims.expiresAt - MARGIN_S * 1000 < Date.now()) {
      const renewed = await this.manager.signinSilent();
      if (renewed?.id_token) this.held = renewed.id_token;
    }
    return this.held;
  }

  async signOut(): Promise<void> {
    await this.manager.removeUser();
    if (this.config.hosted_ui_domain) {
      // Cognito has no end_session_endpoint in its metadata, but a logout page of its own.
      const query = new URLSearchParams({ client_id: this.config.client_id, logout_uri: `${location.origin}/` });
      location.assign(`https://${this.config.hosted_ui_domain}/logout?${query}`);
    }
  }
}

/** The session of this tab, or the one that the pool's answer in the address begins. */
export async function heldOidcSession(config: OidcConfig): Promise<Session | null> {
  const manager = userManager(config);
  const answer = new URLSearchParams(location.search);
  if (answer.has("state") && (answer.has("code") || answer.has("error"))) {
    const user = await manager.signinCallback();
    const state = user?.state as { path?: string } | undefined;
    const path = state?.path?.startsWith("/") && !state.path.startsWith("//") ? state.path : "/";
    history.replaceState(null, "", path);
    return user?.id_token ? new OidcSession(manager, config, user.id_token) : null;
  }
  let user = await manager.getUser();
  if (user?.expired && user.refresh_token) user = await manager.signinSilent().catch(() => null);
  return user?.id_token && !user.expired ? new OidcSession(manager, config, user.id_token) : null;
}

export async function oidcSignIn(config: OidcConfig): Promise<void> {
  await userManager(config).signinRedirect({ state: { path: location.pathname + location.search } });
}
