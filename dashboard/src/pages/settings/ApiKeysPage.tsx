import { type FormEvent, useState } from "react";
import { useChange, useResource } from "../../api/queries";
import type { ApiKey } from "../../api/types";
import { date, instant, NONE } from "../../format";
import { useSession } from "../../session/context";
import { PERMISSIONS, type Permission } from "../../session/session";
import { Button } from "../../ui/Button";
import { Card, PageHead } from "../../ui/Card";
import { type Column, DataTable } from "../../ui/DataTable";
import { Dialog } from "../../ui/Dialog";
import { Rows } from "../../ui/Skeleton";
import { Async, Message } from "../../ui/states";
import { useToast } from "../../ui/toasts";
import { tryingCall } from "./curl";
import { Refusal } from "./PublishDialog";
import "./ApiKeysPage.css";

const AREA = ["/v1/settings/api-keys"] as const;

const PERMISSION_NAMES: Record<Permission, string> = {
  "reports.read": "See scores, reports, alerts and tasks",
  "clients.read": "See clients and account managers",
  "settings.read": "See settings",
  "settings.write": "Change settings and API keys",
  "records.write": "Send records",
  "scores.recalculate": "Recalculate scores",
  "alerts.write": "Act on alerts and tasks",
  "activities.write": "Log calls, visits, QBRs and notes",
};

export function ApiKeysPage() {
  const say = useToast();
  const found = useResource("/v1/settings/api-keys", { query: { limit: 200 } });
  const [revoked, setRevoked] = useState<ApiKey | null>(null);
  const revoke = useChange(
    (api, id: string) => api.DELETE("/v1/settings/api-keys/{key_id}", { params: { path: { key_id: id } } }),
    AREA,
  );
  const columns: Column<ApiKey>[] = [
    { id: "name", label: "Name", cell: (key) => key.name },
    { id: "id", label: "Key", cell: (key) => <code>hk_{key.id}_…</code> },
    {
      id: "permissions",
      label: "Permissions",
      cell: (key) => <span className="wrap-cell">{key.permissions.join(", ")}</span>,
    },
    { id: "created", label: "Created", cell: (key) => instant(key.created_at) },
    { id: "used", label: "Last used", cell: (key) => (key.last_used_on ? date(key.last_used_on) : NONE) },
    {
      id: "revoke",
      label: "Revoke",
      cell: (key) => (
        <Button small kind="danger" onClick={() => setRevoked(key)} aria-label={`Revoke ${key.name}`}>
          Revoke
        </Button>
      ),
    },
  ];
  const run = (key: ApiKey) =>
    revoke.mutate(key.id, {
      onSuccess: () => {
        say(`${key.name} is revoked. It stops working within a minute.`);
        setRevoked(null);
      },
    });
  return (
    <>
      <PageHead
        hint={
          <>
            For connectors that send records. A key acts for your tenant with the permissions you give it.{" "}
            <a href="/docs" target="_blank" rel="noreferrer">
              API reference
            </a>
          </>
        }
      />
      <div className="stack">
        <NewKey />
        <Card title="Keys">
          <Async of={found} shape={<Rows count={3} height={49} />}>
            {(keys) => (
              <DataTable
                label="API keys"
                columns={columns}
                rows={keys.items}
                rowKey={(key) => key.id}
                empty={<Message small title="No keys yet" text="Create one for your first connector." />}
              />
            )}
          </Async>
        </Card>
      </div>
      {revoked && (
        <Dialog title={`Revoke ${revoked.name}?`} onClose={() => setRevoked(null)}>
          <p>What uses this key is refused within a minute. This cannot be undone.</p>
          {revoke.isError && <Refusal error={revoke.error} />}
          <div className="form-actions">
            <Button kind="danger" onClick={() => run(revoked)} busy={revoke.isPending}>
              Revoke
            </Button>
            <Button onClick={() => setRevoked(null)}>Cancel</Button>
          </div>
        </Dialog>
      )}
    </>
  );
}

function NewKey() {
  const { claims } = useSession();
  const say = useToast();
  const [name, setName] = useState("");
  const [permissions, setPermissions] = useState<Permission[]>(["records.write"]);
  const create = useChange(
    (api) => api.POST("/v1/settings/api-keys", { body: { name: name.trim(), permissions } }),
    AREA,
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate(undefined, { onSuccess: () => setName("") });
  };
  const secret = create.data?.key;
  const call = secret ? tryingCall(location.origin, secret, create.data?.permissions ?? []) : null;
  return (
    <Card title="New key">
      <form onSubmit={submit} className="stack">
        <label className="field">
          <span>Name</span>
          <input value={name} maxLength={200} required onChange={(event) => setName(event.target.value)} />
        </label>
        <fieldset>
          <legend className="field-name">Permissions</legend>
          <div className="form-grid">
            {PERMISSIONS.filter((permission) => claims.permissions.has(permission)).map((permission) => (
              <label key={permission} className="check">
                <input
                  type="checkbox"
                  checked={permissions.includes(permission)}
                  onChange={(event) =>
                    setPermissions((held) =>
                      event.target.checked ? [...held, permission] : held.filter((each) => each !== permission),
                    )
                  }
                />
                <span>
                  {PERMISSION_NAMES[permission]} ({permission})
                </span>
              </label>
            ))}
          </div>
        </fieldset>
        {create.isError && <Refusal error={create.error} />}
        <div>
          <Button
            kind="primary"
            type="submit"
            busy={create.isPending}
            disabled={!name.trim() || permissions.length === 0}
          >
            Create key
          </Button>
        </div>
      </form>
      {secret && (
        <div className="notice card-foot" role="status">
          <p>
            <strong>Copy the key now.</strong> Shown once.
          </p>
          <div className="secret">
            <code>{secret}</code>
            <Button
              small
              onClick={() => void navigator.clipboard.writeText(secret).then(() => say("The key is on the clipboard."))}
            >
              Copy
            </Button>
            <Button small onClick={() => create.reset()}>
              Done
            </Button>
          </div>
          {call && (
            <>
              <p>Try it: this stores nothing.</p>
              <div className="secret">
                <code>{call}</code>
                <Button
                  small
                  onClick={() =>
                    void navigator.clipboard.writeText(call).then(() => say("The call is on the clipboard."))
                  }
                >
                  Copy the call
                </Button>
              </div>
            </>
          )}
        </div>
      )}
    </Card>
  );
}
