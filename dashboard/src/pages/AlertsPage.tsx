import { useMemo, useState } from "react";
import { Link } from "wouter";
import { useAlertAnswer, useTaskChange } from "../api/answers";
import { only } from "../api/client";
import { useManagerNames } from "../api/managers";
import { usePage } from "../api/queries";
import { useToday } from "../api/tenant";
import type { Alert, AlertStatus, Task, TaskStatus } from "../api/types";
import { date, instant, NONE, score } from "../format";
import { useMay } from "../session/context";
import { known, pageNumber, useAddress } from "../ui/address";
import { Badge } from "../ui/Badge";
import { Button } from "../ui/Button";
import { PageHead } from "../ui/Card";
import { type Column, DataTable, Pager } from "../ui/DataTable";
import { useListKeys } from "../ui/keys";
import { useRowFocus } from "../ui/rowFocus";
import { Rows } from "../ui/Skeleton";
import { Async, Message } from "../ui/states";
import { TaskDialog } from "../ui/TaskDialog";
import { useToast } from "../ui/toasts";
import { useUndoable } from "../ui/undo";
import { useWhose } from "../ui/whose";
import "./AlertsPage.css";

const ROWS = 25;
const ALERT_STATUSES: Record<AlertStatus, string> = {
  OPEN: "Open",
  ACKNOWLEDGED: "Acknowledged",
  RESOLVED: "Resolved",
};
const TASK_STATUSES: Record<TaskStatus, string> = { OPEN: "Open", DONE: "Done" };

const EVERY = "all";
const OPEN = "OPEN";

/** What is open, unless the address says otherwise; null for all. */
function shownStatus<Status extends string>(asked: string | null, statuses: readonly Status[]): Status | null {
  if (asked === EVERY) return null;
  return known(asked, statuses) ?? known(OPEN, statuses);
}

export function AlertsPage({ list }: { list: "alerts" | "tasks" }) {
  const [address, change] = useAddress();
  const mayRead = useMay("clients.read");
  const names = useManagerNames();
  const statuses: Record<string, string> = list === "alerts" ? ALERT_STATUSES : TASK_STATUSES;
  const status = shownStatus(address.get("status"), Object.keys(statuses));
  const { mine, managers, choice } = useWhose();
  const manager = mine ? null : address.get("manager");
  const asked = mine ? managers : only(manager);
  return (
    <>
      <PageHead
        title="Alerts and tasks"
        hint="Alerts are raised when a score drops below the alert threshold or falls fast in 30 days."
      >
        {choice}
      </PageHead>
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
            <select
              value={status ?? EVERY}
              onChange={({ target }) => change({ status: target.value === OPEN ? null : target.value, page: null })}
            >
              <option value={EVERY}>All statuses</option>
              {Object.entries(statuses).map(([id, name]) => (
                <option key={id} value={id}>
                  {name}
                </option>
              ))}
            </select>
          </label>
          {mayRead && !mine && (
            <label>
              <span className="visually-hidden">Account manager</span>
              <select value={manager ?? ""} onChange={(event) => change({ manager: event.target.value, page: null })}>
                <option value="">All account managers</option>
                {[...names, ["none", "Unassigned"] as const].map(([id, name]) => (
                  <option key={id} value={id}>
                    {name}
                  </option>
                ))}
              </select>
            </label>
          )}
        </div>
        {list === "alerts" ? <Alerts managers={asked} names={names} /> : <Tasks managers={asked} names={names} />}
      </section>
    </>
  );
}

export interface AlertAnswers {
  pending: ReadonlySet<string>;
  set: (alert: Alert, next: AlertStatus) => void;
}

/** Acknowledging and reopening at once, resolving after a time in which it can be taken back. */
export function useAlertAnswers(): AlertAnswers {
  const say = useToast();
  const { pending, later } = useUndoable();
  const action = useAlertAnswer();
  const answer = (alert: Alert, status: AlertStatus, done?: string) =>
    action.mutate(
      { id: alert.id, status },
      {
        onSuccess: () => done && say(done),
        onError: (error) => say(`Not changed: ${error.message}`, "bad"),
      },
    );
  const set = (alert: Alert, next: AlertStatus) => {
    const text = `Alert for ${alert.client_name} ${ALERT_STATUSES[next].toLowerCase()}`;
    if (next === "RESOLVED") later(alert.id, text, () => answer(alert, next));
    else answer(alert, next, text);
  };
  return { pending, set };
}

interface ListProps {
  managers: string[];
  names: Map<string, string>;
}

function nameOf(id: string | null, names: Map<string, string>): string {
  return id === null ? "Unassigned" : (names.get(id) ?? id);
}

function Alerts({ managers, names }: ListProps) {
  const [address, change] = useAddress();
  const status = shownStatus(address.get("status"), Object.keys(ALERT_STATUSES) as AlertStatus[]);
  const page = pageNumber(address);
  const mayWrite = useMay("alerts.write");
  const query = { status: only(status), account_manager_id: managers, limit: ROWS };
  // Every list begins with what is open.
  const filtered = managers.length > 0 || (status !== null && status !== OPEN);
  const found = usePage("/v1/alerts", { query }, page);
  const answers = useAlertAnswers();
  const list = useRowFocus(useMemo(() => [found.data, answers.pending], [found.data, answers.pending]));
  useListKeys(list);
  return (
    <div ref={list}>
      <Async of={found} shape={<Rows count={5} height={130} />}>
        {(alerts) => (
          <>
            {alerts.items.length === 0 ? (
              <Message
                small
                title={filtered ? "No alert matches" : status === OPEN ? "No open alerts" : "No alerts"}
                text={filtered ? "Try fewer filters." : "No client is across an alert rule that nobody has seen to."}
              />
            ) : (
              <ul className="alert-list" aria-label="Alerts, newest first">
                {alerts.items.map((alert) => (
                  <AlertItem
                    key={alert.id}
                    alert={alert}
                    told={toldTo(alert, names)}
                    resolving={answers.pending.has(alert.id)}
                    onAnswer={mayWrite ? (next) => answers.set(alert, next) : null}
                  />
                ))}
              </ul>
            )}
            <Pager
              page={page}
              size={ROWS}
              shown={alerts.items.length}
              {...(alerts.total !== null && { total: alerts.total })}
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
  /** Whom it was sent to; null where that says nothing. */
  told: string | null;
  /** It is about to be resolved: that can still be taken back. */
  resolving: boolean;
  onAnswer: ((next: AlertStatus) => void) | null;
}

export function AlertItem({ alert, told, resolving, onAnswer }: AlertItemProps) {
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
          <time dateTime={alert.as_of}>{instant(alert.as_of)}</time>
          {told !== null && ` · ${told} · ${ALERT_STATUSES[alert.status]}`}
          {alert.answered && alert.answered.status === alert.status && ` by ${alert.answered.by.name}`}
          {resolving && " · Resolving…"}
        </p>
      </div>
      {onAnswer && alert.status !== "RESOLVED" && !resolving && (
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
          <Button
            small
            data-ends
            onClick={() => onAnswer("RESOLVED")}
            aria-label={`Resolve the alert for ${alert.client_name}`}
          >
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
      {task.note && <p className="muted small">{task.note}</p>}
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

/** When it is due; a word for what is late. */
export function Due({ task, today }: { task: Task; today: string }) {
  if (task.due_on === null) return <>{NONE}</>;
  const late = task.status === "OPEN" && task.due_on < today;
  return (
    <span className={late ? "tone-bad strong" : undefined}>
      {date(task.due_on)}
      {late && " · overdue"}
    </span>
  );
}

function TaskState({ task }: { task: Task }) {
  return (
    <>
      {TASK_STATUSES[task.status]}
      {task.status === "DONE" && task.changed && (
        <span className="muted small">
          {" "}
          by {task.changed.by.name}, {instant(task.changed.at)}
        </span>
      )}
    </>
  );
}

function Tasks({ managers, names }: ListProps) {
  const [address, change] = useAddress();
  const status = shownStatus(address.get("status"), Object.keys(TASK_STATUSES) as TaskStatus[]);
  const page = pageNumber(address);
  const mayWrite = useMay("alerts.write");
  const say = useToast();
  const query = { status: only(status), account_manager_id: managers, limit: ROWS };
  // Every list begins with what is open.
  const filtered = managers.length > 0 || (status !== null && status !== OPEN);
  const found = usePage("/v1/tasks", { query }, page);
  const list = useRowFocus(found.data);
  useListKeys(list);
  const today = useToday();
  const [edited, setEdited] = useState<Task | null>(null);
  const action = useTaskChange();
  const set = (task: Task, next: TaskStatus) =>
    action.mutate(
      { id: task.id, changes: { status: next } },
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
    { id: "due", label: "Due", cell: (task) => <Due task={task} today={today} /> },
    { id: "status", label: "Status", cell: (task) => <TaskState task={task} /> },
  ];
  if (mayWrite) {
    columns.push({
      id: "action",
      label: "Action",
      cell: (task) => (
        <span className="row-actions">
          <Button
            small
            data-ends
            onClick={() => set(task, task.status === "OPEN" ? "DONE" : "OPEN")}
            aria-label={`${task.status === "OPEN" ? "Mark as done" : "Reopen"}: ${task.title}`}
          >
            {task.status === "OPEN" ? "Mark as done" : "Reopen"}
          </Button>
          {task.status === "OPEN" && (
            <Button small onClick={() => setEdited(task)} aria-label={`Change: ${task.title}`}>
              Change
            </Button>
          )}
        </span>
      ),
    });
  }
  return (
    <div ref={list}>
      {edited && (
        <TaskDialog
          client={{ client_id: edited.client_id, name: edited.client_name }}
          task={edited}
          onClose={() => setEdited(null)}
        />
      )}
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
                  title={filtered ? "No task matches" : status === OPEN ? "No open tasks" : "No tasks"}
                  text={
                    filtered
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
              {...(tasks.total !== null && { total: tasks.total })}
              more={tasks.next_cursor !== null}
              onPage={(number) => change({ page: number === 1 ? null : String(number) })}
            />
          </>
        )}
      </Async>
    </div>
  );
}
