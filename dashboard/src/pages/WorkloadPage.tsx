import { Link } from "wouter";
import { useResource } from "../api/queries";
import type { Band, Workload } from "../api/types";
import { average, BAND_NAMES, BANDS, count, MODEL_NAMES, moneys, NONE } from "../format";
import { Card, PageHead } from "../ui/Card";
import { type Column, DataTable } from "../ui/DataTable";
import { Rows } from "../ui/Skeleton";
import { Async, Message } from "../ui/states";

/** Where an account manager's clients, alerts and tasks are listed. */
function listOf(path: string, manager: string | null, more: Record<string, string> = {}): string {
  return `${path}?${new URLSearchParams({ manager: manager ?? "none", clients: "all", ...more })}`;
}

function columnsOf(model: "weighted" | "deduction"): Column<Workload>[] {
  const bands: Band[] = BANDS[model].filter((band) => band !== "INSUFFICIENT_DATA");
  return [
    {
      id: "name",
      label: "Account manager",
      cell: (row) => (row.account_manager_id === null ? "Unassigned" : (row.name ?? row.account_manager_id)),
    },
    {
      id: "clients",
      label: "Clients",
      numeric: true,
      cell: (row) => <Link href={listOf("/accounts", row.account_manager_id)}>{count(row.clients)}</Link>,
    },
    ...bands.toReversed().map(
      (band): Column<Workload> => ({
        id: band,
        label: BAND_NAMES[band],
        wrapped: true,
        numeric: true,
        cell: (row) => {
          const number = row.bands[band] ?? 0;
          if (number === 0) return NONE;
          return <Link href={listOf("/accounts", row.account_manager_id, { model, band })}>{number}</Link>;
        },
      }),
    ),
    { id: "average", label: "Average", numeric: true, cell: (row) => average(row.average_score) },
    {
      id: "alerts",
      label: "Open alerts",
      numeric: true,
      cell: (row) =>
        row.open_alerts ? <Link href={listOf("/alerts", row.account_manager_id)}>{row.open_alerts}</Link> : NONE,
    },
    {
      id: "tasks",
      label: "Open tasks",
      numeric: true,
      cell: (row) =>
        row.open_tasks ? (
          <>
            <Link href={listOf("/tasks", row.account_manager_id)}>{row.open_tasks}</Link>
            {row.overdue_tasks > 0 && <span className="tone-bad small"> {row.overdue_tasks} overdue</span>}
          </>
        ) : (
          NONE
        ),
    },
    {
      id: "revenue",
      label: "Monthly revenue",
      wrapped: true,
      numeric: true,
      cell: (row) => moneys(row.monthly_recurring_revenue),
    },
  ];
}

/** Who has how much to do. */
export function WorkloadPage() {
  const found = useResource("/v1/analytics/workload", {});
  return (
    <>
      <PageHead hint="Who has how much to do. Every number leads to its list." />
      <Card title="By account manager" hint={found.data && `Bands by ${MODEL_NAMES[found.data.model]}.`}>
        <Async of={found} shape={<Rows count={7} height={49} />}>
          {({ model, items }) => (
            <DataTable
              label="Workload by account manager"
              columns={columnsOf(model)}
              rows={items}
              rowKey={(row) => row.account_manager_id ?? ""}
              empty={<Message small title="No account managers yet" text="They come with your records." />}
            />
          )}
        </Async>
      </Card>
      <p className="muted small">
        Clients with too little data count in Clients alone. A task is of whom it was given to, else of its client's
        account manager.
      </p>
    </>
  );
}
