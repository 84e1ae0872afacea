import { type FormEvent, useState } from "react";
import { useManagers } from "../api/managers";
import { useChange } from "../api/queries";
import { plural } from "../format";
import { Refusal } from "../pages/settings/PublishDialog";
import { Button } from "./Button";
import { Dialog } from "./Dialog";
import { useToast } from "./toasts";

const NOBODY = "none";

interface Props {
  clients: { client_id: string; name: string }[];
  onClose: () => void;
  onDone?: () => void;
}

/** Gives clients to another account manager, with all that is theirs. */
export function AssignDialog({ clients, onClose, onDone }: Props) {
  const say = useToast();
  const managers = useManagers();
  const [manager, setManager] = useState("");
  const assign = useChange(
    (api) =>
      api.POST("/v1/account-managers/{manager_id}/clients", {
        params: { path: { manager_id: manager } },
        body: { client_ids: clients.map(({ client_id }) => client_id) },
      }),
    ["/v1/clients", "/v1/analytics", "/v1/alerts", "/v1/tasks", "/v1/account-managers"],
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    assign.mutate(undefined, {
      onSuccess: ({ assigned, unknown }) => {
        const missing = unknown.length > 0 ? ` ${plural(unknown.length, "client")} could not be found.` : "";
        say(`${plural(assigned, "client")} assigned. Lists follow within a minute.${missing}`);
        onDone?.();
        onClose();
      },
    });
  };
  const only = clients.length === 1 ? clients[0]?.name : plural(clients.length, "client");
  return (
    <Dialog title={`Assign ${only}`} onClose={onClose}>
      <form className="stack" onSubmit={submit}>
        <label className="field">
          <span>Account manager</span>
          <select required value={manager} onChange={(event) => setManager(event.target.value)}>
            <option value="" disabled>
              Choose one
            </option>
            {managers.data?.items.map(({ id, name, clients: held }) => (
              <option key={id} value={id}>
                {name} ({plural(held, "client")})
              </option>
            ))}
            <option value={NOBODY}>Nobody</option>
          </select>
        </label>
        <p className="muted small">History, alerts and tasks move along.</p>
        {assign.isError && <Refusal error={assign.error} />}
        <div className="form-actions">
          <Button kind="primary" type="submit" busy={assign.isPending}>
            Assign
          </Button>
          <Button onClick={onClose}>Cancel</Button>
        </div>
      </form>
    </Dialog>
  );
}
