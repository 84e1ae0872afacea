import { ifVersion } from "../../api/client";
import { useChange, useResource } from "../../api/queries";
import type { Workflows } from "../../api/types";
import { useMay } from "../../session/context";
import { Button } from "../../ui/Button";
import { Card, PageHead } from "../../ui/Card";
import { Async } from "../../ui/states";
import { useToast } from "../../ui/toasts";
import { Refusal } from "./PublishDialog";
import "./WorkflowsPage.css";

export function WorkflowsPage() {
  const found = useResource("/v1/settings/workflows", {});
  return (
    <>
      <PageHead hint="Automatic follow-up when an alert is raised" />
      <Async of={found} height={220}>
        {(workflows) => <AtRiskAlert workflows={workflows} />}
      </Async>
    </>
  );
}

function AtRiskAlert({ workflows }: { workflows: Workflows }) {
  const mayWrite = useMay("settings.write");
  const say = useToast();
  const on = workflows.at_risk_alert.enabled;
  const save = useChange(
    (api, enabled: boolean) =>
      api.PUT("/v1/settings/workflows", {
        params: { header: ifVersion(workflows.version) },
        body: { at_risk_alert: { enabled }, note: `At-Risk Alert switched ${enabled ? "on" : "off"}.` },
      }),
    ["/v1/settings"],
  );
  const run = () =>
    save.mutate(!on, {
      onSuccess: (now) => say(`The At-Risk Alert workflow is ${now.at_risk_alert.enabled ? "on" : "off"}.`),
    });
  return (
    <Card
      title="At-Risk Alert"
      actions={<span className={`badge ${on ? "tone-good" : "tone-none"}`}>{on ? "On" : "Off"}</span>}
    >
      <p>When an alert is raised for a client, this workflow</p>
      <ul className="bullets">
        <li>adds a follow-up task for its account manager, and</li>
        <li>gives the client the at-risk flag, until the flag is removed.</li>
      </ul>
      {save.isError && <Refusal error={save.error} />}
      {mayWrite ? (
        <div className="form-actions">
          <Button kind={on ? "plain" : "primary"} onClick={run} busy={save.isPending}>
            {on ? "Switch off" : "Switch on"}
          </Button>
        </div>
      ) : (
        <p className="muted small card-foot">Switching it needs the permission settings.write.</p>
      )}
    </Card>
  );
}
