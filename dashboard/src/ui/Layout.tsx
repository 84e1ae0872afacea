import { type ReactNode, useEffect, useRef, useState } from "react";
import { Link, useLocation } from "wouter";
import { useManagers } from "../api/managers";
import { useSession } from "../session/context";
import type { Permission } from "../session/session";
import { chooseTheme, THEMES, useThemeChoice } from "../theme";
import { Button } from "./Button";
import { type IconName, Line, Logo } from "./icons";

interface Entry {
  to: string;
  label: string;
  icon: IconName;
  needs: Permission;
  also?: string[];
}

const GROUPS: { name: string; entries: Entry[] }[] = [
  {
    name: "Analytics",
    entries: [
      { to: "/analytics/clients", label: "Client Health", icon: "pulse", needs: "reports.read" },
      { to: "/analytics/health", label: "Health dashboard", icon: "grid", needs: "reports.read" },
    ],
  },
  {
    name: "Clients",
    entries: [
      { to: "/accounts", label: "Accounts", icon: "people", needs: "clients.read", also: ["/clients/"] },
      { to: "/alerts", label: "Alerts and tasks", icon: "bell", needs: "reports.read", also: ["/tasks"] },
    ],
  },
  {
    name: "Settings",
    entries: [
      { to: "/settings/health-score", label: "Health Score", icon: "sliders", needs: "settings.read" },
      { to: "/settings/business-hours", label: "Business hours", icon: "clock", needs: "settings.read" },
      { to: "/settings/workflows", label: "Workflows", icon: "flow", needs: "settings.read" },
      { to: "/settings/versions", label: "Versions", icon: "history", needs: "settings.read" },
      { to: "/settings/account-managers", label: "Account managers", icon: "manager", needs: "clients.read" },
      { to: "/settings/api-keys", label: "API keys", icon: "key", needs: "settings.write" },
    ],
  },
];

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
      <div className="topbar">
        <Button kind="quiet" aria-expanded={open} aria-controls="navigation" onClick={() => setOpen(!open)}>
          <Line name={open ? "close" : "menu"} />
          <span className="visually-hidden">Menu</span>
        </Button>
        <Logo />
        <span className="brand">Client Health</span>
      </div>
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
  const { permissions } = useSession().claims;
  return (
    <nav aria-label="Main">
      {GROUPS.map(({ name, entries }) => {
        const shown = entries.filter((entry) => permissions.has(entry.needs));
        if (shown.length === 0) return null;
        return (
          <div key={name} className="nav-group">
            <p className="nav-name" id={`nav-${name}`}>
              {name}
            </p>
            <ul aria-labelledby={`nav-${name}`}>
              {shown.map((entry) => {
                const here = [entry.to, ...(entry.also ?? [])].some((path) => location.startsWith(path));
                return (
                  <li key={entry.to}>
                    <Link href={entry.to} className="nav-link" aria-current={here ? "page" : undefined}>
                      <Line name={entry.icon} size={18} />
                      {entry.label}
                    </Link>
                  </li>
                );
              })}
            </ul>
          </div>
        );
      })}
    </nav>
  );
}

function Account() {
  const { claims, signOut } = useSession();
  const theme = useThemeChoice();
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
