/** What does not compile. Nothing imports this: `tsc` fails when one of these lines is no longer refused. */
import type { Api } from "./client";

export async function refused(held: Api): Promise<void> {
  // @ts-expect-error there is no such path
  await held.GET("/v1/nothing", {});
  // @ts-expect-error this path cannot be deleted
  await held.DELETE("/v1/tasks/{task_id}", { params: { path: { task_id: "t" } } });
  // @ts-expect-error the path needs its parameter
  await held.PATCH("/v1/tasks/{task_id}", { body: { status: "DONE" } });
  // @ts-expect-error there is no such filter
  await held.GET("/v1/alerts", { params: { query: { state: ["OPEN"] } } });
  // @ts-expect-error there is no such status
  await held.GET("/v1/alerts", { params: { query: { status: ["CLOSED"] } } });
  // @ts-expect-error a task cannot become this
  await held.PATCH("/v1/tasks/{task_id}", { params: { path: { task_id: "t" } }, body: { status: "LATE" } });
  // @ts-expect-error a change of settings names the version that it changes
  await held.PUT("/v1/settings/workflows", { body: { at_risk_alert: { enabled: true }, note: null } });
  const { data } = await held.GET("/v1/alerts");
  // @ts-expect-error an alert has no such field
  void data?.items[0]?.colour;
}
