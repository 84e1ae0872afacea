import { QueryClientProvider } from "@tanstack/react-query";
import { lazy, Suspense, useCallback, useEffect, useMemo, useState } from "react";
import { Redirect, Route, Switch, useLocation, useParams } from "wouter";
import { newApi } from "./api/client";
import { ApiContext, newQueryClient } from "./api/queries";
import { useTenant } from "./api/tenant";
import { homeFor } from "./navigation";
import { forgetDrafts } from "./pages/settings/keptDraft";
import { type PageRoute, ROUTES } from "./routes";
import { SessionContext, useMay, useSession } from "./session/context";
import { heldDemoSession } from "./session/demo";
import { SignIn } from "./session/SignIn";
import { type Config, loadConfig, type Session } from "./session/session";
import { askOtherTabs, replyToOtherTabs, tellOtherTabsOfTheEnd } from "./session/tabs";
import { TitleContext } from "./ui/Card";
import { Layout } from "./ui/Layout";
import { ErrorBoundary, Loading, Message } from "./ui/states";
import { useTitle } from "./ui/title";
import { Toasts } from "./ui/toasts";

type State =
  | { is: "starting" }
  | { is: "broken" }
  | { is: "signed out"; config: Config; reason?: string }
  | { is: "signed in"; config: Config; session: Session };

const ReferencePage = lazy(() => import("./pages/docs/ReferencePage"));

/** The reference needs no session: the document that it draws is everybody's. */
export function App() {
  if (location.pathname !== "/docs") return <Dashboard />;
  return (
    <Suspense fallback={<Loading label="Loading the reference" />}>
      <ReferencePage />
    </Suspense>
  );
}

function Dashboard() {
  const [state, setState] = useState<State>({ is: "starting" });

  useEffect(() => {
    start().then(setState, () => setState({ is: "broken" }));
  }, []);

  const signedOut = useCallback((reason?: string) => {
    setState((held) =>
      held.is === "signed in" ? { is: "signed out", config: held.config, ...(reason && { reason }) } : held,
    );
  }, []);

  if (state.is === "starting") return <Loading label="Starting" />;
  if (state.is === "broken") {
    return (
      <main className="alone">
        <Message
          title="The dashboard cannot start"
          text="Its configuration could not be read. Reload the page; if it happens again, contact support."
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
  return <SignedInApp session={state.session} key={state.session.claims.subject} onSignedOut={signedOut} />;
}

async function start(): Promise<State> {
  const [config] = await Promise.all([loadConfig(), askOtherTabs()]);
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
      if (reason === undefined) tellOtherTabsOfTheEnd();
      void session.signOut();
      forgetDrafts();
      queries.clear();
      onSignedOut(reason);
    },
    [session, queries, onSignedOut],
  );
  const api = useMemo(() => newApi(session, () => end("Your session has ended. Sign in again.")), [session, end]);
  useEffect(() => replyToOtherTabs(() => onSignedOut("You signed out in another tab.")), [onSignedOut]);
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
  useTenant(); // times are told in its zone
  return (
    <ErrorBoundary key={location}>
      <Switch>
        <Route path="/">
          <Home />
        </Route>
        {ROUTES.map((route) => (
          <Route key={route.path} path={route.path}>
            <RoutePage route={route} />
          </Route>
        ))}
        <Route>
          <Message title="There is no such page" text="The address may be mistyped, or the page has moved." />
        </Route>
      </Switch>
    </ErrorBoundary>
  );
}

/** The first page that the token opens. */
function Home() {
  const home = homeFor(ROUTES, useSession().claims);
  if (home !== null) return <Redirect to={home} replace />;
  return (
    <Message title="Nothing is shared with you yet" text="Ask your administrator for the permission reports.read." />
  );
}

function RoutePage({ route }: { route: PageRoute }) {
  const { id = "" } = useParams<{ id?: string }>();
  useTitle(route.title ?? null);
  if (!useMay(route.needs)) {
    return (
      <Message
        title="You cannot see this page"
        text={`It needs the permission ${route.needs}. Ask your administrator if you should have it.`}
      />
    );
  }
  return <TitleContext value={route.title ?? ""}>{route.page(id)}</TitleContext>;
}
