import { type FormEvent, useState } from "react";
import { ifVersion, Problem } from "../../api/client";
import { useChange, useResource } from "../../api/queries";
import type { Links } from "../../api/types";
import { useMay } from "../../session/context";
import { Button } from "../../ui/Button";
import { Card, PageHead } from "../../ui/Card";
import { Async } from "../../ui/states";
import { useToast } from "../../ui/toasts";
import { Refusal } from "./PublishDialog";

const PATH = "/v1/settings/links";
const MOST = 500;

type LinkedType = Exclude<keyof Links, "version">;

const TYPES: [LinkedType, string][] = [
  ["client", "Clients"],
  ["ticket", "Tickets"],
  ["invoice", "Invoices"],
  ["contract", "Contracts"],
  ["qbr", "QBRs"],
  ["touchpoint", "Touchpoints"],
  ["survey", "Survey responses"],
  ["billable_month", "Billable months"],
  ["assessment", "Assessments"],
  ["reconciliation", "Reconciliations"],
  ["headcount", "Headcounts"],
];

export function LinksPage() {
  const found = useResource(PATH, {});
  return (
    <>
      <PageHead hint="Where a record stands in your own systems: numbers on a client's page lead there." />
      <Async of={found} height={640}>
        {(links) => <LinksForm links={links} key={links.version} />}
      </Async>
    </>
  );
}

function LinksForm({ links }: { links: Links }) {
  const mayWrite = useMay("settings.write");
  const say = useToast();
  const [draft, setDraft] = useState<Partial<Record<LinkedType, string>>>(() =>
    Object.fromEntries(TYPES.map(([type]) => [type, links[type] ?? ""])),
  );
  const save = useChange(
    (api, body: Partial<Record<LinkedType, string>>) =>
      api.PUT(PATH, { params: { header: ifVersion(links.version) }, body: { ...body, note: null } }),
    ["/v1/settings", "/v1/clients"],
  );
  const sent = Object.fromEntries(
    Object.entries(draft).flatMap(([type, address]) => (address.trim() ? [[type, address.trim()]] : [])),
  );
  const changed = TYPES.some(([type]) => (sent[type] ?? "") !== (links[type] ?? ""));
  const faults = save.error instanceof Problem ? save.error.errors : [];
  const run = (event: FormEvent) => {
    event.preventDefault();
    save.mutate(sent, { onSuccess: ({ version }) => say(`Version ${version} is published with these links.`) });
  };
  return (
    <form onSubmit={run}>
      <Card
        title="Addresses"
        hint={
          <>
            An https address per type of record. <code>{"{id}"}</code> stands for the record's id,{" "}
            <code>{"{client_id}"}</code> for its client's. Left empty: no link.
          </>
        }
      >
        <div className="stack">
          {TYPES.map(([type, name]) => {
            const fault = faults.find(({ pointer }) => pointer === `/${type}`);
            return (
              <label key={type} className="field">
                <span>{name}</span>
                <input
                  type="text"
                  inputMode="url"
                  spellCheck={false}
                  maxLength={MOST}
                  placeholder={type === "ticket" ? "https://psa.example/tickets/{id}" : undefined}
                  value={draft[type] ?? ""}
                  disabled={!mayWrite}
                  aria-invalid={fault !== undefined || undefined}
                  onChange={(event) => setDraft({ ...draft, [type]: event.target.value })}
                />
                {fault && (
                  <span className="field-error small" role="alert">
                    {fault.message}
                  </span>
                )}
              </label>
            );
          })}
        </div>
        {save.isError && faults.length === 0 && <Refusal error={save.error} />}
        {mayWrite ? (
          <div className="form-actions">
            <Button kind="primary" type="submit" busy={save.isPending} disabled={!changed}>
              Save links
            </Button>
          </div>
        ) : (
          <p className="muted small card-foot">Changing them needs the permission settings.write.</p>
        )}
      </Card>
    </form>
  );
}
