import { useState } from "react";
import { Button } from "../ui/Button";
import { Logo } from "../ui/icons";
import { demoSignIn } from "./demo";
import { type Config, PERMISSIONS, type Session } from "./session";
import "./SignIn.css";

interface Role {
  name: string;
  says: string;
  permissions: string[];
  manager?: string;
}

const MANAGED = ["reports.read", "clients.read", "alerts.write", "activities.write"];

const ROLES: Role[] = [
  {
    name: "Service lead",
    says: "Sees everything, changes settings",
    permissions: [...PERMISSIONS],
  },
  {
    name: "Account manager",
    says: "Grace Okafor: her clients first, and everybody else's",
    permissions: [...MANAGED, "scores.recalculate"],
    manager: "am-3",
  },
  {
    name: "Manager of own clients",
    says: "Grace Okafor: nobody else's clients",
    permissions: [...MANAGED.map((permission) => `${permission}.own`), "scores.recalculate"],
    manager: "am-3",
  },
  { name: "Viewer", says: "Reports only", permissions: ["reports.read"] },
];

interface Props {
  config: Config;
  reason: string | undefined;
  onSignedIn: (session: Session) => void;
}

export function SignIn({ config, reason, onSignedIn }: Props) {
  return (
    <main className="sign-in">
      <div className="card sign-in-card">
        <div className="sign-in-brand">
          <Logo />
          <h1>Client Health</h1>
        </div>
        <p className="muted">Tells you which clients need attention while there is still time.</p>
        {reason && (
          <p className="notice" role="status">
            {reason}
          </p>
        )}
        {config.mode === "demo" ? (
          <DemoRoles tenants={config.tenants} onSignedIn={onSignedIn} />
        ) : (
          <Oidc config={config} />
        )}
      </div>
    </main>
  );
}

function Oidc({ config }: { config: Extract<Config, { mode: "oidc" }> }) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  const start = async () => {
    setBusy(true);
    try {
      const { oidcSignIn } = await import("./oidc");
      await oidcSignIn(config);
    } catch {
      setProblem("The sign-in page cannot be reached. Check your connection and try again.");
      setBusy(false);
    }
  };
  return (
    <>
      <Button kind="primary" wide onClick={start} busy={busy}>
        Sign in
      </Button>
      {problem && (
        <p className="field-error" role="alert">
          {problem}
        </p>
      )}
    </>
  );
}

function DemoRoles({ tenants, onSignedIn }: { tenants: string[]; onSignedIn: (session: Session) => void }) {
  const [tenant, setTenant] = useState(tenants[0] ?? "demo");
  const [busy, setBusy] = useState<string | null>(null);
  const [problem, setProblem] = useState("");
  const signIn = async (role: Role) => {
    setBusy(role.name);
    setProblem("");
    try {
      const { name, permissions, manager } = role;
      onSignedIn(await demoSignIn({ role: name, tenant: tenant.trim(), permissions, ...(manager && { manager }) }));
    } catch (error) {
      setProblem(error instanceof Error ? error.message : "The sign-in did not succeed.");
      setBusy(null);
    }
  };
  return (
    <>
      <ul className="roles" aria-label="Sign in as">
        {ROLES.map((role, place) => (
          <li key={role.name}>
            <Button
              kind={place === 0 ? "primary" : "plain"}
              wide
              onClick={() => signIn(role)}
              busy={busy === role.name}
              disabled={busy !== null}
            >
              <span className="role">
                <span>Sign in as {role.name.toLowerCase()}</span>
                <small>{role.says}</small>
              </span>
            </Button>
          </li>
        ))}
      </ul>
      {problem && (
        <p className="field-error" role="alert">
          {problem}
        </p>
      )}
      <details className="sign-in-more">
        <summary>Another tenant</summary>
        <label className="field">
          <span>Tenant id</span>
          <input value={tenant} onChange={(event) => setTenant(event.target.value)} spellCheck={false} />
        </label>
      </details>
      <p className="muted small">
        Local demo: real tokens from the local user pool. On AWS you sign in with your account.
      </p>
    </>
  );
}
