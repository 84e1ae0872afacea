import { type ReactNode, useEffect, useRef, useState } from "react";
import { Link, useLocation } from "wouter";
import { useManagers } from "../api/managers";
import { useResource } from "../api/queries";
import { useTenant } from "../api/tenant";
import { isHere, navigationFor } from "../navigation";
import { ROUTES } from "../routes";
import { useSession } from "../session/context";
import { chooseTheme, THEMES, useThemeChoice } from "../theme";
import { Button } from "./Button";
import { GoTo } from "./GoTo";
import { Line, Logo } from "./icons";
import "./Layout.css";

export function Layout({ children }: { children: ReactNode }) {
  const [open, setOpen] = useState(false);
  const [location] = useLocation();
  const main = useRef<HTMLElement>(null);
  const shown = useRef(location);

  // A new page starts at its top, and a screen reader in its content.
  useEffect(() => {
    if (shown.current === location) return;
    shown.current = location;
    setOpen(false);
    scrollTo(0, 0);
    main.current?.focus({ preventScroll: true });
  }, [location]);
  useEffect(() => {
    if (!open) return;
    const close = (event: KeyboardEvent) => event.key === "Escape" && setOpen(false);
    addEventListener("keydown", close);
    return () => removeEventListener("keydown", close);
  }, [open]);

  return (
    <div className="layout">
      <a className="skip" href="#content">
        Skip to the content
      </a>
      <header className="topbar">
        <Button kind="quiet" aria-expanded={open} aria-controls="navigation" onClick={() => setOpen(!open)}>
          <Line name={open ? "close" : "menu"} />
          <span className="visually-hidden">Menu</span>
        </Button>
        <Logo />
        <span className="brand">Client Health</span>
      </header>
      <aside id="navigation" className={open ? "sidebar sidebar-open" : "sidebar"}>
        <div className="sidebar-brand">
          <Logo />
          <span className="brand">Client Health</span>
        </div>
        <Navigation location={location} />
        <Account />
      </aside>
      {open && <div className="veil" onClick={() => setOpen(false)} aria-hidden="true" />}
      <main id="content" ref={main} tabIndex={-1}>
        <Unreached />
        {children}
      </main>
      <GoTo />
    </div>
  );
}

/** Says on every page, until somebody is confirmed, that alerts reach nobody. */
function Unreached() {
  const found = useManagers();
  const clients = found.data?.unreached_clients ?? 0;
  if (clients === 0) return null;
  return (
    <p className="notice notice-warn" role="status">
      Alerts about {clients === 1 ? "1 client" : `${clients} clients`} reach nobody: neither their account manager nor a
      fallback address has confirmed a subscription. <Link href="/settings/account-managers">Account managers</Link>
    </p>
  );
}

function Navigation({ location }: { location: string }) {
  const groups = navigationFor(ROUTES, useSession().claims);
  return (
    <nav aria-label="Main">
      {groups.map(([name, entries]) => (
        <div key={name} className="nav-group">
          <p className="nav-name" id={`nav-${name}`}>
            {name}
          </p>
          <ul aria-labelledby={`nav-${name}`}>
            {entries.map((entry) => (
              <li key={entry.to}>
                <Link href={entry.to} className="nav-link" aria-current={isHere(entry, location) ? "page" : undefined}>
                  <Line name={entry.icon} size={18} />
                  {entry.label}
                  {entry.to === "/alerts" && <OpenCount />}
                </Link>
              </li>
            ))}
          </ul>
        </div>
      ))}
    </nav>
  );
}

/** How many alerts and tasks are open, of one's own clients where one has some. */
function OpenCount() {
  const { manager } = useSession().claims;
  const query = { status: ["OPEN"] as "OPEN"[], limit: 1, ...(manager !== null && { account_manager_id: ["me"] }) };
  const alerts = useResource("/v1/alerts", { query });
  const tasks = useResource("/v1/tasks", { query });
  const open = (alerts.data?.total ?? 0) + (tasks.data?.total ?? 0);
  if (open === 0) return null;
  return (
    <span className="nav-count">
      {open}
      <span className="visually-hidden"> open</span>
    </span>
  );
}

function Account() {
  const { claims, signOut } = useSession();
  const theme = useThemeChoice();
  const zone = useTenant().data?.time_zone;
  return (
    <div className="account">
      <label className="field field-row">
        <span>Theme</span>
        <select value={theme} onChange={(event) => chooseTheme(event.target.value as typeof theme)}>
          {THEMES.map((each) => (
            <option key={each} value={each}>
              {each.charAt(0).toUpperCase() + each.slice(1)}
            </option>
          ))}
        </select>
      </label>
      {zone && <p className="muted small">Times: {zone.replaceAll("_", " ")}</p>}
      <div className="account-who">
        <div className="account-text">
          <strong>{claims.tenant}</strong>
          <span className="muted small" title={claims.email}>
            {claims.email}
          </span>
        </div>
        <Button kind="quiet" small onClick={signOut} aria-label="Sign out" title="Sign out">
          <Line name="out" size={18} />
        </Button>
      </div>
    </div>
  );
}
