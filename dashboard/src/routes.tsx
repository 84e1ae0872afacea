/** Every page, once: its address, its name, what it needs, its place in the navigation, and what draws it. */
import { lazy, type ReactNode, Suspense } from "react";
import type { Place } from "./navigation";
import { AccountsPage } from "./pages/AccountsPage";
import { AlertsPage } from "./pages/AlertsPage";
import { ClientHealthPage } from "./pages/ClientHealthPage";
import { ClientPage } from "./pages/client/ClientPage";
import { HealthDashboardPage } from "./pages/HealthDashboardPage";
import { MyClientsPage } from "./pages/MyClientsPage";
import { AccountManagersPage } from "./pages/settings/AccountManagersPage";
import { ApiKeysPage } from "./pages/settings/ApiKeysPage";
import { BusinessHoursPage } from "./pages/settings/BusinessHoursPage";
import { HealthScorePage } from "./pages/settings/HealthScorePage";
import { LinksPage } from "./pages/settings/LinksPage";
import { VersionsPage } from "./pages/settings/VersionsPage";
import { WorkflowsPage } from "./pages/settings/WorkflowsPage";
import { WorkloadPage } from "./pages/WorkloadPage";
import { Skeleton } from "./ui/Skeleton";

/** A file of its own: few come here, and rarely. */
const ImportPage = lazy(() => import("./pages/import/ImportPage"));

export interface PageRoute extends Place {
  page: (id: string) => ReactNode;
}

export const ROUTES: readonly PageRoute[] = [
  {
    path: "/my-clients",
    title: "My clients",
    needs: "clients.read",
    mine: true,
    navigation: { group: "Today", icon: "manager" },
    page: () => <MyClientsPage />,
  },
  {
    path: "/analytics/clients",
    title: "Client Health",
    needs: "reports.read",
    navigation: { group: "Analytics", icon: "pulse" },
    page: () => <ClientHealthPage />,
  },
  {
    path: "/analytics/health",
    title: "Portfolio",
    needs: "reports.read",
    navigation: { group: "Analytics", icon: "grid" },
    page: () => <HealthDashboardPage />,
  },
  {
    path: "/analytics/workload",
    title: "Workload",
    needs: "clients.read",
    navigation: { group: "Analytics", icon: "people" },
    page: () => <WorkloadPage />,
  },
  {
    path: "/accounts",
    title: "Clients",
    needs: "clients.read",
    navigation: { group: "Clients", icon: "people", also: ["/clients/"] },
    page: () => <AccountsPage />,
  },
  {
    path: "/clients/:id",
    needs: "reports.read",
    page: (id) => <ClientPage id={id} key={id} />,
  },
  {
    path: "/alerts",
    title: "Alerts",
    needs: "reports.read",
    navigation: { group: "Clients", icon: "bell", label: "Alerts and tasks", also: ["/tasks"] },
    page: () => <AlertsPage list="alerts" />,
  },
  {
    path: "/tasks",
    title: "Tasks",
    needs: "reports.read",
    page: () => <AlertsPage list="tasks" />,
  },
  {
    path: "/import",
    title: "Import",
    needs: "records.write",
    navigation: { group: "Settings", icon: "upload" },
    page: () => (
      <Suspense fallback={<Skeleton height={400} />}>
        <ImportPage />
      </Suspense>
    ),
  },
  {
    path: "/settings/health-score",
    title: "Scoring",
    needs: "settings.read",
    navigation: { group: "Settings", icon: "sliders" },
    page: () => <HealthScorePage />,
  },
  {
    path: "/settings/business-hours",
    title: "Business hours",
    needs: "settings.read",
    navigation: { group: "Settings", icon: "clock" },
    page: () => <BusinessHoursPage />,
  },
  {
    path: "/settings/workflows",
    title: "Workflows",
    needs: "settings.read",
    navigation: { group: "Settings", icon: "flow" },
    page: () => <WorkflowsPage />,
  },
  {
    path: "/settings/links",
    title: "Links",
    needs: "settings.read",
    navigation: { group: "Settings", icon: "link" },
    page: () => <LinksPage />,
  },
  {
    path: "/settings/versions",
    title: "Versions",
    needs: "settings.read",
    navigation: { group: "Settings", icon: "history" },
    page: () => <VersionsPage />,
  },
  {
    path: "/settings/account-managers",
    title: "Account managers",
    needs: "clients.read",
    navigation: { group: "Settings", icon: "manager" },
    page: () => <AccountManagersPage />,
  },
  {
    path: "/settings/api-keys",
    title: "API keys",
    needs: "settings.write",
    navigation: { group: "Settings", icon: "key" },
    page: () => <ApiKeysPage />,
  },
];
