import { QueryClientProvider } from "@tanstack/react-query";
import { type ReactNode, useCallback, useEffect, useMemo, useState } from "react";
import { Redirect, Route, Switch, useLocation } from "wouter";
import { newApi } from "./api/client";
import { ApiContext, newQueryClient } from "./api/queries";
import { AccountsPage } from "./pages/AccountsPage";
import { AlertsPage } from "./pages/AlertsPage";
import { ClientHealthPage } from "./pages/ClientHealthPage";
import { ClientPage } from "./pages/client/ClientPage";
import { HealthDashboardPage } from "./pages/HealthDashboardPage";
import { AccountManagersPage } from "./pages/settings/AccountManagersPage";
import { ApiKeysPage } from "./pages/settings/ApiKeysPage";
import { BusinessHoursPage } from "./pages/settings/BusinessHoursPage";
import { HealthScorePage } from "./pages/settings/HealthScorePage";
import { VersionsPage } from "./pages/settings/VersionsPage";
import { WorkflowsPage } from "./pages/settings/WorkflowsPage";
import { SessionContext, useMay, useSession } from "./session/context";
import { heldDemoSession } from "./session/demo";
import { SignIn } from "./session/SignIn";
import { type Config, loadConfig, type Permission, type Session } from "./session/session";
import { Layout } from "./ui/Layout";
import { ErrorBoundary, Loading, Message } from "./ui/states";
import { Toasts } from "./ui/toasts";

type State =
  | { is: "starting" }
  | { is: "broken" }
  | { is: "signed out"; config: Config; reason?: string }
  | { is: "signed in"; config: Config; session: Session };

export function App() {
  const [state, setState] = useState<State>({ is: "starting" });

  useEffect(() => {
    start().then(setState, () => setState({ is: "broken" }));
  }, []);

  if (state.is === "starting") return <Loading label="Starting" />;
  if (state.is === "broken") {
    return (
      <main className="alone">
        <Message
          title="The dashboard cannot start"
          text="Its configuration could not be read. Reload the page; if it stays, tell your administrator."
        />
      </main>
    );
  }
  if (state.is === "signed out") {
    const { config } = state;
    return (
      <SignIn
        config={config}
        reason={state.reason}
        onSignedIn={(session) => setState({ is: "signed in", config, session })}
      />
    );
  }
  const { session, config } = state;
  return (
    <SignedInApp
      session={session}
      key={session.claims.subject}
      onSignedOut={(reason) => setState({ is: "signed out", config, ...(reason && { reason }) })}
    />
  );
}

async function start(): Promise<State> {
  const config = await loadConfig();
  if (config.mode === "demo") {
    const session = heldDemoSession();
    return session ? { is: "signed in", config, session } : { is: "signed out", config };
  }
  const { heldOidcSession } = await import("./session/oidc");
  try {
    const session = await heldOidcSession(config);
    return session ? { is: "signed in", config, session } : { is: "signed out", config };
  } catch {
    history.replaceState(null, "", "/");
    return { is: "signed out", config, reason: "The sign-in did not succeed. Try again." };
  }
}

function SignedInApp({ session, onSignedOut }: { session: Session; onSignedOut: (reason?: string) => void }) {
  const queries = useMemo(newQueryClient, []);
  const end = useCallback(
    (reason?: string) => {
      void session.signOut();
      queries.clear();
      onSignedOut(reason);
    },
    [session, queries, onSignedOut],
  );
  const api = useMemo(() => newApi(session, () => end("Your session has ended. Sign in again.")), [session, end]);
  const signedIn = useMemo(() => ({ claims: session.claims, signOut: () => end() }), [session, end]);
  return (
    <SessionContext value={signedIn}>
      <ApiContext value={api}>
        <QueryClientProvider client={queries}>
          <Toasts>
            <Layout>
              <Pages />
            </Layout>
          </Toasts>
        </QueryClientProvider>
      </ApiContext>
    </SessionContext>
  );
}

function Pages() {
  const [location] = useLocation();
  return (
    <ErrorBoundary key={location}>
      <Switch>
        <Route path="/">
          <Home />
        </Route>
        <Route path="/analytics/clients">
          <Permitted to="reports.read">
            <ClientHealthPage />
          </Permitted>
        </Route>
        <Route path="/analytics/health">
          <Permitted to="reports.read">
            <HealthDashboardPage />
          </Permitted>
        </Route>
        <Route path="/accounts">
          <Permitted to="clients.read">
            <AccountsPage />
          </Permitted>
        </Route>
        <Route path="/clients/:id">
          {({ id }) => (
            <Permitted to="reports.read">
              <ClientPage id={id} key={id} />
            </Permitted>
          )}
        </Route>
        <Route path="/alerts">
          <Permitted to="reports.read">
            <AlertsPage list="alerts" />
          </Permitted>
        </Route>
        <Route path="/tasks">
          <Permitted to="reports.read">
            <AlertsPage list="tasks" />
          </Permitted>
        </Route>
        <Route path="/settings/health-score">
          <Permitted to="settings.read">
            <HealthScorePage />
          </Permitted>
        </Route>
        <Route path="/settings/versions">
          <Permitted to="settings.read">
            <VersionsPage />
          </Permitted>
        </Route>
        <Route path="/settings/business-hours">
          <Permitted to="settings.read">
            <BusinessHoursPage />
          </Permitted>
        </Route>
        <Route path="/settings/workflows">
          <Permitted to="settings.read">
            <WorkflowsPage />
          </Permitted>
        </Route>
        <Route path="/settings/api-keys">
          <Permitted to="settings.write">
            <ApiKeysPage />
          </Permitted>
        </Route>
        <Route path="/settings/account-managers">
          <Permitted to="clients.read">
            <AccountManagersPage />
          </Permitted>
        </Route>
        <Route>
          <Message title="There is no such page" text="The address may be mistyped, or the page has moved." />
        </Route>
      </Switch>
    </ErrorBoundary>
  );
}

/** The first page that the token opens. */
function Home() {
  const { permissions } = useSession().claims;
  if (permissions.has("reports.read")) return <Redirect to="/analytics/clients" replace />;
  if (permissions.has("clients.read")) return <Redirect to="/accounts" replace />;
  if (permissions.has("settings.read")) return <Redirect to="/settings/health-score" replace />;
  return (
    <Message title="Nothing is shared with you yet" text="Ask your administrator for the permission reports.read." />
  );
}

function Permitted({ to, children }: { to: Permission; children: ReactNode }) {
  return useMay(to) ? (
    children
  ) : (
    <Message
      title="You cannot see this page"
      text={`It needs the permission ${to}. Ask your administrator if you should have it.`}
    />
  );
}
