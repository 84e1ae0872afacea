import { Link } from "wouter";
import { only } from "../api/client";
import { useManagerNames } from "../api/managers";
import { useChange, usePage } from "../api/queries";
import type { Alert, AlertStatus, Task, TaskStatus } from "../api/types";
import { date, instant, score } from "../format";
import { useMay } from "../session/context";
import { known, pageNumber, useAddress } from "../ui/address";
import { Badge } from "../ui/Badge";
import { Button } from "../ui/Button";
import { PageHead } from "../ui/Card";
import { type Column, DataTable, Pager } from "../ui/DataTable";
import { useRowFocus } from "../ui/rowFocus";
import { Rows } from "../ui/Skeleton";
import { Async, Message } from "../ui/states";
import { useToast } from "../ui/toasts";
import "./AlertsPage.css";

const ROWS = 25;
const ALERT_STATUSES: Record<AlertStatus, string> = {
  OPEN: "Open",
  ACKNOWLEDGED: "Acknowledged",
  RESOLVED: "Resolved",
};
const TASK_STATUSES: Record<TaskStatus, string> = { OPEN: "Open", DONE: "Done" };

export function AlertsPage({ list }: { list: "alerts" | "tasks" }) {
  const [address, change] = useAddress();
  const mayRead = useMay("clients.read");
  const names = useManagerNames();
  const statuses: Record<string, string> = list === "alerts" ? ALERT_STATUSES : TASK_STATUSES;
  const status = known(address.get("status"), Object.keys(statuses));
  const manager = address.get("manager");
  return (
    <>
      <PageHead
        title="Alerts and tasks"
        hint="Alerts are raised when a score drops below the alert threshold or falls fast in 30 days."
      />
      <section className="card" aria-label={list === "alerts" ? "Alerts" : "Tasks"}>
        <nav className="tabs" aria-label="Alerts or tasks">
          <Link href="/alerts" aria-current={list === "alerts" ? "page" : undefined}>
            Alerts
          </Link>
          <Link href="/tasks" aria-current={list === "tasks" ? "page" : undefined}>
            Tasks
          </Link>
        </nav>
        <div className="filters">
          <label>
            <span className="visually-hidden">Status</span>
            <select value={status ?? ""} onChange={(event) => change({ status: event.target.value, page: null })}>
              <option value="">All statuses</option>
              {Object.entries(statuses).map(([id, name]) => (
                <option key={id} value={id}>
                  {name}
                </option>
              ))}
            </select>
          </label>
          {mayRead && (
            <label>
              <span className="visually-hidden">Account manager</span>
              <select value={manager ?? ""} onChange={(event) => change({ manager: event.target.value, page: null })}>
                <option value="">All account managers</option>
                {[...names].map(([id, name]) => (
                  <option key={id} value={id}>
                    {name}
                  </option>
                ))}
              </select>
            </label>
          )}
        </div>
        {list === "alerts" ? <Alerts manager={manager} names={names} /> : <Tasks manager={manager} names={names} />}
      </section>
    </>
  );
}

interface ListProps {
  manager: string | null;
  names: Map<string, string>;
}

function nameOf(id: string | null, names: Map<string, string>): string {
  return id === null ? "Unassigned" : (names.get(id) ?? id);
}

function Alerts({ manager, names }: ListProps) {
  const [address, change] = useAddress();
  const status = known(address.get("status"), Object.keys(ALERT_STATUSES) as AlertStatus[]);
  const page = pageNumber(address);
  const mayWrite = useMay("alerts.write");
  const say = useToast();
  const query = { status: only(status), account_manager_id: only(manager), limit: ROWS };
  const found = usePage("/v1/alerts", { query }, page);
  const list = useRowFocus(found.data);
  const action = useChange(
    (api, { id, status }: { id: string; status: AlertStatus }) =>
      api.PATCH("/v1/alerts/{alert_id}", { params: { path: { alert_id: id } }, body: { status } }),
    ["/v1/alerts", "/v1/clients"],
  );
  const set = (alert: Alert, next: AlertStatus) =>
    action.mutate(
      { id: alert.id, status: next },
      {
        onSuccess: () => say(`Alert for ${alert.client_name} ${ALERT_STATUSES[next].toLowerCase()}`),
        onError: (error) => say(`Not changed: ${error.message}`, "bad"),
      },
    );
  return (
    <div ref={list}>
      <Async of={found} shape={<Rows count={5} height={130} />}>
        {(alerts) => (
          <>
            {alerts.items.length === 0 ? (
              <Message
                small
                title={status || manager ? "No alert matches" : "No alerts"}
                text={status || manager ? "Try fewer filters." : "No client has crossed an alert rule."}
              />
            ) : (
              <ul className="alert-list" aria-label="Alerts, newest first">
                {alerts.items.map((alert) => (
                  <AlertItem
                    key={alert.id}
                    alert={alert}
                    told={toldTo(alert, names)}
                    onAnswer={mayWrite ? (next) => set(alert, next) : null}
                  />
                ))}
              </ul>
            )}
            <Pager
              page={page}
              size={ROWS}
              shown={alerts.items.length}
              more={alerts.next_cursor !== null}
              onPage={(number) => change({ page: number === 1 ? null : String(number) })}
            />
          </>
        )}
      </Async>
    </div>
  );
}

function toldTo(alert: Alert, names: Map<string, string>): string {
  if (alert.delivery === "nobody") return "Reached nobody";
  return alert.account_manager_id === null ? "Fallback addresses" : nameOf(alert.account_manager_id, names);
}

interface AlertItemProps {
  alert: Alert;
  told: string;
  onAnswer: ((next: AlertStatus) => void) | null;
}

function AlertItem({ alert, told, onAnswer }: AlertItemProps) {
  return (
    <li>
      <div>
        <div className="alert-title">
          <Link href={`/clients/${alert.client_id}?model=${alert.model}`}>{alert.client_name}</Link>
          <span className="alert-score">
            {alert.previous_score !== null && alert.previous_score !== alert.score && (
              <span className="muted">{score(alert.previous_score)} → </span>
            )}
            {alert.score}
          </span>
          <Badge band={alert.band} />
        </div>
        <p className="alert-text">{alert.sentence}</p>
        <p className="muted small">
          <time dateTime={alert.as_of}>{instant(alert.as_of)}</time> · {told} · {ALERT_STATUSES[alert.status]}
        </p>
      </div>
      {onAnswer && alert.status !== "RESOLVED" && (
        <span className="row-actions">
          {alert.status === "OPEN" && (
            <Button
              small
              onClick={() => onAnswer("ACKNOWLEDGED")}
              aria-label={`Acknowledge the alert for ${alert.client_name}`}
            >
              Acknowledge
            </Button>
          )}
          <Button small onClick={() => onAnswer("RESOLVED")} aria-label={`Resolve the alert for ${alert.client_name}`}>
            Resolve
          </Button>
        </span>
      )}
    </li>
  );
}

function TaskText({ task }: { task: Task }) {
  return (
    <div className="wrap-cell">
      {task.title}
      {task.steps.length > 0 && (
        <ul className="muted small">
          {task.steps.map((step) => (
            <li key={step}>{step}</li>
          ))}
        </ul>
      )}
    </div>
  );
}

function Tasks({ manager, names }: ListProps) {
  const [address, change] = useAddress();
  const status = known(address.get("status"), Object.keys(TASK_STATUSES) as TaskStatus[]);
  const page = pageNumber(address);
  const mayWrite = useMay("alerts.write");
  const say = useToast();
  const query = { status: only(status), account_manager_id: only(manager), limit: ROWS };
  const found = usePage("/v1/tasks", { query }, page);
  const list = useRowFocus(found.data);
  const action = useChange(
    (api, { id, status }: { id: string; status: TaskStatus }) =>
      api.PATCH("/v1/tasks/{task_id}", { params: { path: { task_id: id } }, body: { status } }),
    ["/v1/tasks"],
  );
  const set = (task: Task, next: TaskStatus) =>
    action.mutate(
      { id: task.id, status: next },
      {
        onSuccess: () => say(next === "DONE" ? `“${task.title}” is done.` : `“${task.title}” reopened.`),
        onError: (error) => say(`Not changed: ${error.message}`, "bad"),
      },
    );
  const columns: Column<Task>[] = [
    { id: "title", label: "Task", cell: (task) => <TaskText task={task} /> },
    {
      id: "client",
      label: "Client",
      cell: (task) => <Link href={`/clients/${task.client_id}`}>{task.client_name}</Link>,
    },
    { id: "manager", label: "Account manager", cell: (task) => nameOf(task.account_manager_id, names) },
    { id: "due", label: "Due", cell: (task) => date(task.due_on) },
    { id: "status", label: "Status", cell: (task) => TASK_STATUSES[task.status] },
  ];
  if (mayWrite) {
    columns.push({
      id: "action",
      label: "Action",
      cell: (task) => (
        <Button
          small
          onClick={() => set(task, task.status === "OPEN" ? "DONE" : "OPEN")}
          aria-label={`${task.status === "OPEN" ? "Mark as done" : "Reopen"}: ${task.title}`}
        >
          {task.status === "OPEN" ? "Mark as done" : "Reopen"}
        </Button>
      ),
    });
  }
  return (
    <div ref={list}>
      <Async of={found} shape={<Rows count={ROWS} height={56} />}>
        {(tasks) => (
          <>
            <DataTable
              label="Tasks"
              columns={columns}
              rows={tasks.items}
              rowKey={(task) => task.id}
              empty={
                <Message
                  small
                  title={status || manager ? "No task matches" : "No tasks"}
                  text={
                    status || manager
                      ? "Try fewer filters."
                      : "With the At-Risk Alert workflow on, every alert adds one for its account manager; the path on a client's page makes others."
                  }
                />
              }
            />
            <Pager
              page={page}
              size={ROWS}
              shown={tasks.items.length}
              more={tasks.next_cursor !== null}
              onPage={(number) => change({ page: number === 1 ? null : String(number) })}
            />
          </>
        )}
      </Async>
    </div>
  );
}
