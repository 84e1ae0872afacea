import { type FormEvent, useState } from "react";
import { Link } from "wouter";
import { useManagers } from "../../api/managers";
import { useChange, useResource } from "../../api/queries";
import type { AccountManager, Subscription } from "../../api/types";
import { useMay } from "../../session/context";
import { Button } from "../../ui/Button";
import { Card, PageHead } from "../../ui/Card";
import { type Column, DataTable } from "../../ui/DataTable";
import { Dialog } from "../../ui/Dialog";
import { Rows } from "../../ui/Skeleton";
import { Async, Message } from "../../ui/states";
import { useToast } from "../../ui/toasts";
import { Refusal } from "./PublishDialog";

const AREA = ["/v1/account-managers"] as const;
const STATES: Record<Subscription["state"], { label: string; tone: string }> = {
  confirmed: { label: "confirmed", tone: "tone-good" },
  pending: { label: "waiting for confirmation", tone: "tone-warn" },
  ended: { label: "ended: subscribe again", tone: "tone-bad" },
};
const EXAMPLES: Record<Subscription["protocol"], string> = {
  email: "name@example.com",
  https: "https://example.com/alerts",
  sqs: "arn:aws:sqs:…",
};
const PROTOCOLS: Record<Subscription["protocol"], string> = { email: "E-mail", https: "HTTPS", sqs: "SQS queue" };

export function AccountManagersPage() {
  const mayEdit = useMay("records.write");
  const maySubscribe = useMay("settings.write");
  const found = useManagers();
  const [edited, setEdited] = useState<AccountManager | "new" | null>(null);
  const [subscribed, setSubscribed] = useState<AccountManager | null>(null);
  const columns: Column<AccountManager>[] = [
    { id: "name", label: "Name", cell: (manager) => manager.name },
    { id: "email", label: "E-mail", cell: (manager) => manager.email },
    {
      id: "clients",
      label: "Clients",
      numeric: true,
      cell: (manager) => <Link href={`/accounts?manager=${manager.id}`}>{manager.clients}</Link>,
    },
  ];
  columns.push({
    id: "reached",
    label: "Alerts",
    cell: (manager) =>
      manager.reached ? "Reach them" : <span className="tone-warn">Go to the fallback addresses</span>,
  });
  if (mayEdit || maySubscribe) {
    columns.push({
      id: "actions",
      label: "Actions",
      cell: (manager) => (
        <span className="row-actions">
          {maySubscribe && (
            <Button small onClick={() => setSubscribed(manager)} aria-label={`Alert delivery for ${manager.name}`}>
              Alert delivery
            </Button>
          )}
          {mayEdit && (
            <Button small onClick={() => setEdited(manager)} aria-label={`Edit ${manager.name}`}>
              Edit
            </Button>
          )}
        </span>
      ),
    });
  }
  return (
    <>
      <PageHead hint="Owners and where their alerts go">
        {mayEdit && <Button onClick={() => setEdited("new")}>Add account manager</Button>}
      </PageHead>
      <Card title="All account managers">
        <Async of={found} shape={<Rows count={7} height={49} />}>
          {(managers) => (
            <DataTable
              label="Account managers"
              columns={columns}
              rows={managers.items}
              rowKey={(manager) => manager.id}
              empty={
                <Message small title="No account managers yet" text="They come with your records, or add one here." />
              }
            />
          )}
        </Async>
      </Card>
      <Card
        title="Fallback addresses"
        hint="They get what reaches no account manager. They are set on the page Scoring."
      >
        <Async of={found} height={80}>
          {({ fallback }) =>
            fallback.length === 0 ? (
              <Message small title="No fallback addresses" text="Without one, such alerts reach nobody." />
            ) : (
              <ul className="stack">
                {fallback.map((each) => (
                  <li key={each.email}>
                    {each.email} <State of={each.state} />
                  </li>
                ))}
              </ul>
            )
          }
        </Async>
      </Card>
      {edited && <EditDialog manager={edited === "new" ? null : edited} onClose={() => setEdited(null)} />}
      {subscribed && <SubscriptionsDialog manager={subscribed} onClose={() => setSubscribed(null)} />}
    </>
  );
}

function State({ of }: { of: Subscription["state"] }) {
  return <span className={`${STATES[of].tone} small`}>{STATES[of].label}</span>;
}

function EditDialog({ manager, onClose }: { manager: AccountManager | null; onClose: () => void }) {
  const say = useToast();
  const [id, setId] = useState(manager?.id ?? "");
  const [name, setName] = useState(manager?.name ?? "");
  const [email, setEmail] = useState(manager?.email ?? "");
  const save = useChange(
    (api) =>
      api.PUT("/v1/account-managers/{manager_id}", {
        params: { path: { manager_id: id.trim() } },
        body: { name: name.trim(), email: email.trim() },
      }),
    AREA,
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate(undefined, {
      onSuccess: (saved) => {
        say(`${saved.name} is saved.`);
        onClose();
      },
    });
  };
  return (
    <Dialog title={manager ? `Edit ${manager.name}` : "Add account manager"} onClose={onClose}>
      <form onSubmit={submit} className="stack">
        {!manager && (
          <label className="field">
            <span>Id</span>
            <input
              value={id}
              required
              pattern="[A-Za-z0-9][A-Za-z0-9._\-]{0,63}"
              onChange={(event) => setId(event.target.value)}
            />
            <span className="muted small">As in your records: letters, digits, dots, dashes, underscores.</span>
          </label>
        )}
        <label className="field">
          <span>Name</span>
          <input value={name} required maxLength={200} onChange={(event) => setName(event.target.value)} />
        </label>
        <label className="field">
          <span>E-mail</span>
          <input type="email" value={email} required onChange={(event) => setEmail(event.target.value)} />
        </label>
        {save.isError && <Refusal error={save.error} />}
        <div className="form-actions">
          <Button kind="primary" type="submit" busy={save.isPending}>
            Save
          </Button>
          <Button onClick={onClose}>Cancel</Button>
        </div>
      </form>
    </Dialog>
  );
}

function SubscriptionsDialog({ manager, onClose }: { manager: AccountManager; onClose: () => void }) {
  const path = { manager_id: manager.id };
  const found = useResource("/v1/account-managers/{manager_id}/subscriptions", { path });
  const [protocol, setProtocol] = useState<Subscription["protocol"]>("email");
  const [endpoint, setEndpoint] = useState(manager.email);
  const add = useChange(
    (api) =>
      api.POST("/v1/account-managers/{manager_id}/subscriptions", {
        params: { path },
        body: { protocol, endpoint: endpoint.trim() },
      }),
    AREA,
  );
  const remove = useChange(
    (api, id: string) =>
      api.DELETE("/v1/account-managers/{manager_id}/subscriptions/{subscription_id}", {
        params: { path: { ...path, subscription_id: id } },
      }),
    AREA,
  );
  const choose = (kind: Subscription["protocol"]) => {
    setProtocol(kind);
    setEndpoint(kind === "email" ? manager.email : "");
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    add.mutate(undefined, { onSuccess: () => setEndpoint("") });
  };
  return (
    <Dialog title={`Alert delivery for ${manager.name}`} onClose={onClose}>
      <div className="stack">
        <p className="muted">Alerts go to all of these, once confirmed by the recipient.</p>
        <Async of={found} height={80}>
          {(subscriptions) =>
            subscriptions.items.length === 0 ? (
              <Message small title="No addresses yet" />
            ) : (
              <ul className="stack">
                {subscriptions.items.map((each) => (
                  <li key={each.id} className="field-row">
                    <div>
                      <strong>{PROTOCOLS[each.protocol]}</strong> {each.endpoint} <State of={each.state} />
                    </div>
                    <Button
                      small
                      kind="danger"
                      onClick={() => remove.mutate(each.id)}
                      aria-label={`Remove ${each.endpoint}`}
                    >
                      Remove
                    </Button>
                  </li>
                ))}
              </ul>
            )
          }
        </Async>
        {remove.isError && <Refusal error={remove.error} />}
        <form onSubmit={submit} className="stack">
          <div className="form-grid form-grid-2">
            <label className="field">
              <span>Kind</span>
              <select value={protocol} onChange={(event) => choose(event.target.value as Subscription["protocol"])}>
                {Object.entries(PROTOCOLS).map(([id, name]) => (
                  <option key={id} value={id}>
                    {name}
                  </option>
                ))}
              </select>
            </label>
            <label className="field">
              <span>Address</span>
              <input
                value={endpoint}
                required
                placeholder={EXAMPLES[protocol]}
                onChange={(event) => setEndpoint(event.target.value)}
              />
            </label>
          </div>
          {add.isError && <Refusal error={add.error} />}
          <div className="form-actions">
            <Button kind="primary" type="submit" busy={add.isPending}>
              Subscribe
            </Button>
            <Button onClick={onClose}>Close</Button>
          </div>
        </form>
      </div>
    </Dialog>
  );
}
