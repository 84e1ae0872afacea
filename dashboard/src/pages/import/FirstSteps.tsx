import type { ReactNode } from "react";
import { Link } from "wouter";
import { useManagers } from "../../api/managers";
import { useResource } from "../../api/queries";
import { useMay } from "../../session/context";
import { Card } from "../../ui/Card";
import { Line } from "../../ui/icons";
import "./FirstSteps.css";

/** What a new tenant still lacks, in order; nothing once all of it is there. */
export function FirstSteps({ elsewhere }: { elsewhere?: boolean }) {
  const mayImport = useMay("records.write");
  const imports = useResource("/v1/imports", {}, mayImport);
  const clients = useResource("/v1/clients", { query: { limit: 1, archived: "false" } }, useMay("clients.read"));
  const hours = useResource("/v1/settings/business-hours", {}, useMay("settings.read"));
  const managers = useManagers();
  if (!imports.data || !clients.data) return null;
  const hasClients = clients.data.items.length > 0;
  const hasManagers = (managers.data?.items.length ?? 0) > 0;
  const hasNight = !imports.data.offers_first_night;
  if (hasClients && hasNight) return null;
  return (
    <Card title="First steps" hint="From an empty page to scored clients in a few minutes.">
      <ol className="steps">
        <Step done={hasClients} title="Bring your data">
          {elsewhere ? <Link href="/import">Import an export</Link> : "Drop an export"} of your help desk, then one of
          your invoices. Or let a program send records with an <Link href="/settings/api-keys">API key</Link>.
        </Step>
        <Step done={hasManagers} title="Account managers, and where their alerts go">
          Say <Link href="/settings/account-managers">who gets which alerts</Link>; without anybody they go to the{" "}
          <Link href="/settings/health-score">fallback addresses</Link>.
        </Step>
        <Step done={hours.data?.enabled ?? false} title="Business hours">
          First responses are counted around the clock until you{" "}
          <Link href="/settings/business-hours">set your hours</Link>.
        </Step>
        <Step done={hasNight} title="The first night">
          Scores are there a minute after an import. The Portfolio and its trends start with the first night: at 02:00
          UTC, or at once if you tick it when you import.
        </Step>
      </ol>
    </Card>
  );
}

function Step({ done, title, children }: { done: boolean; title: string; children: ReactNode }) {
  return (
    <li className={done ? "step step-done" : "step"}>
      <span className="step-mark">{done && <Line name="check" size={16} />}</span>
      <div>
        <h3>
          {title}
          <span className="visually-hidden">{done ? ", done" : ", to do"}</span>
        </h3>
        <p className="muted">{children}</p>
      </div>
    </li>
  );
}
