/** What is done about alerts and tasks, on every page that shows them. */
import type { Api } from "./client";
import { useChange } from "./queries";
import type { AlertStatus, TaskChanges } from "./types";

/** What shows alerts, tasks, or how many there are. */
export const OUTDATED = ["/v1/alerts", "/v1/tasks", "/v1/clients"] as const;

export function useAlertAnswer() {
  return useChange(
    (api: Api, { id, status }: { id: string; status: AlertStatus }) =>
      api.PATCH("/v1/alerts/{alert_id}", { params: { path: { alert_id: id } }, body: { status } }),
    OUTDATED,
  );
}

export function useTaskChange() {
  return useChange(
    (api: Api, { id, changes }: { id: string; changes: TaskChanges }) =>
      api.PATCH("/v1/tasks/{task_id}", { params: { path: { task_id: id } }, body: changes }),
    OUTDATED,
  );
}
