import { useMemo } from "react";
import { Link } from "wouter";
import { useTaskChange } from "../api/answers";
import { useResource } from "../api/queries";
import { useToday } from "../api/tenant";
import type { Account, Alert, Task } from "../api/types";
import { BAND_NAMES, MODEL_NAMES, NONE, plural } from "../format";
import { useMay } from "../session/context";
import { Badge } from "../ui/Badge";
import { Button } from "../ui/Button";
import { Card, PageHead } from "../ui/Card";
import { type Column, DataTable } from "../ui/DataTable";
import { Delta } from "../ui/Delta";
import { useListKeys } from "../ui/keys";
import { useRowFocus } from "../ui/rowFocus";
import { Boxes, Rows, TableCard } from "../ui/Skeleton";
import { Async, Message } from "../ui/states";
import { useToast } from "../ui/toasts";
import { AlertItem, Due, useAlertAnswers } from "./AlertsPage";
import { type Change, changesOf } from "./weekly";
import "./MyClientsPage.css";

const MINE = { account_manager_id: ["me"] };
const SHOWN_ALERTS = 5;
const SHOWN_TASKS = 10;

/** An account manager's morning: whom to call, what is open, what changed. */
export function MyClientsPage() {
  const clients = useResource("/v1/clients", {
    query: { ...MINE, columns: "worklist", sort: "score", limit: 200 },
  });
  const alerts = useResource("/v1/alerts", { query: { ...MINE, status: ["OPEN"], limit: SHOWN_ALERTS } });
  const tasks = useResource("/v1/tasks", { query: { ...MINE, status: ["OPEN"], limit: SHOWN_TASKS } });
  const me = useResource("/v1/account-managers/{manager_id}", { path: { manager_id: "me" } });
  return (
    <>
      <PageHead
        hint={
          clients.data &&
          [me.data?.name, plural(clients.data.total, "client"), average(clients.data.items)].filter(Boolean).join(" · ")
        }
      />
      <Async of={clients} shape={<Shape />}>
        {(found) => (
          <>
            <Worklist rows={found.items} total={found.total} />
            <Week rows={found.items} />
            <div className="columns columns-2">
              <Async of={alerts} shape={<Rows count={3} height={110} />}>
                {({ items, next_cursor }) => <OpenAlerts alerts={items} more={next_cursor !== null} />}
              </Async>
              <Async of={tasks} shape={<Rows count={3} height={60} />}>
                {({ items, next_cursor }) => <OpenTasks tasks={items} more={next_cursor !== null} />}
              </Async>
            </div>
          </>
        )}
      </Async>
    </>
  );
}

function Shape() {
  return (
    <>
      <TableCard rows={12} />
      <Boxes className="columns columns-2" count={2} height={300} />
    </>
  );
}

function average(rows: Account[]): string | null {
  const scores = rows.flatMap(({ score }) => (score === null ? [] : [score]));
  if (scores.length === 0) return null;
  return `average ${(scores.reduce((sum, score) => sum + score, 0) / scores.length).toFixed(1)}`;
}

const COLUMNS: Column<Account>[] = [
  {
    id: "name",
    label: "Client",
    cell: (row) => (
      <>
        <Link href={`/clients/${row.client_id}`}>{row.name}</Link>
        {row.main_cost && <span className="muted small fact-below">{row.main_cost.sentence}</span>}
      </>
    ),
  },
  { id: "score", label: "Score", numeric: true, cell: (row) => <strong>{row.score ?? NONE}</strong> },
  { id: "band", label: "Health", cell: (row) => (row.band ? <Badge band={row.band} /> : NONE) },
  {
    id: "week",
    label: "7 days",
    numeric: true,
    cell: (row) => (row.week ? <Delta points={row.week.points} /> : NONE),
  },
  { id: "fact", label: "What matters most", cell: (row) => <Fact row={row} /> },
  { id: "alerts", label: "Open alerts", numeric: true, cell: (row) => row.open_alerts || NONE },
];

function Fact({ row }: { row: Account }) {
  const cost = row.main_cost;
  if (!cost) return <span className="muted">{row.score === null ? "Too little data for a score." : NONE}</span>;
  return (
    <span className="fact">
      {cost.sentence} <span className="muted small">costs {cost.points} points</span>
    </span>
  );
}

function Worklist({ rows, total }: { rows: Account[]; total: number }) {
  const model = rows.find(({ band }) => band !== null)?.band;
  const name = model === "HEALTHY" || model === "AT_RISK" || model === "CRITICAL" ? "deduction" : "weighted";
  return (
    <Card
      title="Worklist"
      hint={`By ${MODEL_NAMES[name]}, the lowest first.${
        rows.length < total ? ` The first ${rows.length} of ${plural(total, "client")}.` : ""
      }`}
    >
      <DataTable
        label="Worklist"
        columns={COLUMNS}
        rows={rows}
        rowKey={(row) => row.client_id}
        empty={
          <Message small title="No clients yet" text="Clients that are assigned to you appear here within a minute." />
        }
      />
    </Card>
  );
}

function OpenAlerts({ alerts, more }: { alerts: Alert[]; more: boolean }) {
  const mayWrite = useMay("alerts.write");
  const answers = useAlertAnswers();
  const list = useRowFocus(useMemo(() => [alerts, answers.pending], [alerts, answers.pending]));
  useListKeys(list);
  return (
    <Card title="Open alerts" actions={more && <Link href="/alerts?status=OPEN">All open alerts</Link>}>
      <div ref={list}>
        {alerts.length === 0 ? (
          <Message small title="No open alert" text="None of your clients has crossed an alert rule." />
        ) : (
          <ul className="alert-list" aria-label="Open alerts, newest first">
            {alerts.map((alert) => (
              <AlertItem
                key={alert.id}
                alert={alert}
                told={null}
                resolving={answers.pending.has(alert.id)}
                onAnswer={mayWrite ? (next) => answers.set(alert, next) : null}
              />
            ))}
          </ul>
        )}
      </div>
    </Card>
  );
}

function OpenTasks({ tasks, more }: { tasks: Task[]; more: boolean }) {
  const mayWrite = useMay("alerts.write");
  const say = useToast();
  const list = useRowFocus(tasks);
  const action = useTaskChange();
  const today = useToday();
  const done = (task: Task) =>
    action.mutate(
      { id: task.id, changes: { status: "DONE" } },
      {
        onSuccess: () => say(`“${task.title}” is done.`),
        onError: (error) => say(`Not changed: ${error.message}`, "bad"),
      },
    );
  return (
    <Card title="Open tasks" actions={more && <Link href="/tasks?status=OPEN">All open tasks</Link>}>
      <div ref={list}>
        {tasks.length === 0 ? (
          <Message small title="No open task" text="Make one from the path on a client's page." />
        ) : (
          <ul className="task-list" aria-label="Open tasks">
            {sooner(tasks).map((task) => (
              <li key={task.id}>
                <div>
                  <Link href={`/clients/${task.client_id}`}>{task.client_name}</Link>
                  <p>{task.title}</p>
                  <p className="muted small">
                    Due <Due task={task} today={today} />
                  </p>
                </div>
                {mayWrite && (
                  <Button small data-ends onClick={() => done(task)} aria-label={`Mark as done: ${task.title}`}>
                    Done
                  </Button>
                )}
              </li>
            ))}
          </ul>
        )}
      </div>
    </Card>
  );
}

/** The ones that are due first, those without a date last. */
function sooner(tasks: Task[]): Task[] {
  return [...tasks].sort((a, b) => (a.due_on ?? "9999").localeCompare(b.due_on ?? "9999"));
}

function Week({ rows }: { rows: Account[] }) {
  const { fell, rose } = useMemo(() => changesOf(rows), [rows]);
  return (
    <Card title="Changed this week" hint="Another band, or five points and more, against seven days ago.">
      {fell.length + rose.length === 0 ? (
        <Message
          small
          title="Nothing changed this week"
          text={rows.some(({ week }) => week) ? undefined : "There are no scores of seven days ago to compare with."}
        />
      ) : (
        <div className="columns columns-2">
          <Changes title="Fell" changes={fell} />
          <Changes title="Recovered" changes={rose} />
        </div>
      )}
    </Card>
  );
}

function Changes({ title, changes }: { title: string; changes: Change[] }) {
  if (changes.length === 0) return null;
  return (
    <section className="week" aria-label={title}>
      <h3>{title}</h3>
      <ul>
        {changes.map(({ row, week }) => (
          <li key={row.client_id}>
            <Link href={`/clients/${row.client_id}`}>{row.name}</Link>{" "}
            <span>
              {week.from_score} → {row.score}
            </span>{" "}
            <Delta points={week.points} />
            {row.band !== null && row.band !== week.from_band && (
              <span className="muted small"> now {BAND_NAMES[row.band]}</span>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
