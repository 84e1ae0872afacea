import { useMemo, useState } from "react";
import { useTaskChange } from "../../api/answers";
import { useResource } from "../../api/queries";
import { useToday } from "../../api/tenant";
import type { Card as CardAnswer, Task } from "../../api/types";
import { useMay } from "../../session/context";
import { Button } from "../../ui/Button";
import { useRowFocus } from "../../ui/rowFocus";
import { TaskDialog } from "../../ui/TaskDialog";
import { useToast } from "../../ui/toasts";
import { AlertItem, Due, useAlertAnswers } from "../AlertsPage";
import { ALERTS, alertsParameters, TASKS, tasksParameters } from "./requests";
import "./OpenMatters.css";

/** What is open of a client, with what can be done about it; before everything else on its page. */
export function OpenMatters({ card }: { card: CardAnswer }) {
  const id = card.client.client_id;
  const mayWrite = useMay("alerts.write");
  const alerts = useResource(ALERTS, alertsParameters(id));
  const tasks = useResource(TASKS, tasksParameters(id));
  const answers = useAlertAnswers();
  const list = useRowFocus(useMemo(() => [alerts.data, answers.pending], [alerts.data, answers.pending]));
  const [edited, setEdited] = useState<Task | "new" | null>(null);
  const open = alerts.data?.items ?? [];
  const task = tasks.data?.items[0];
  if (alerts.data === undefined || tasks.data === undefined) return null;
  if (open.length === 0 && task === undefined && !mayWrite) return null;
  return (
    <section className="card open-matters internal" aria-label="Open alerts and task" ref={list}>
      {open.length > 0 && (
        <ul className="alert-list">
          {open.map((alert) => (
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
      <div className="open-task">
        {task ? (
          <OpenTask task={task} onEdit={mayWrite ? () => setEdited(task) : null} />
        ) : (
          <>
            <span className="muted">{open.length > 0 ? "No open task." : "No open alert, no open task."}</span>
            {mayWrite && (
              <Button small onClick={() => setEdited("new")}>
                New task
              </Button>
            )}
          </>
        )}
      </div>
      {edited !== null && (
        <TaskDialog client={card.client} {...(edited !== "new" && { task: edited })} onClose={() => setEdited(null)} />
      )}
    </section>
  );
}

function OpenTask({ task, onEdit }: { task: Task; onEdit: (() => void) | null }) {
  const say = useToast();
  const today = useToday();
  const change = useTaskChange();
  const done = () =>
    change.mutate(
      { id: task.id, changes: { status: "DONE" } },
      {
        onSuccess: () => say(`“${task.title}” is done.`),
        onError: (error) => say(`Not changed: ${error.message}`, "bad"),
      },
    );
  return (
    <>
      <div>
        <strong>Task:</strong> {task.title}{" "}
        <span className="muted small">
          · due <Due task={task} today={today} />
        </span>
        {task.note && <p className="muted small">{task.note}</p>}
        {task.steps.length > 0 && (
          <ul className="muted small">
            {task.steps.map((step) => (
              <li key={step}>{step}</li>
            ))}
          </ul>
        )}
      </div>
      {onEdit && (
        <span className="row-actions">
          <Button small onClick={done} busy={change.isPending} aria-label={`Mark as done: ${task.title}`}>
            Done
          </Button>
          <Button small onClick={onEdit} aria-label={`Change: ${task.title}`}>
            Change
          </Button>
        </span>
      )}
    </>
  );
}
