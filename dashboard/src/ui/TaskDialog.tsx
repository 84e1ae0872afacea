import { type FormEvent, useState } from "react";
import { useTaskChange } from "../api/answers";
import { useManagers } from "../api/managers";
import { useChange } from "../api/queries";
import type { Task } from "../api/types";
import { Refusal } from "../pages/settings/PublishDialog";
import { useMay, useSession } from "../session/context";
import { Button } from "./Button";
import { Dialog } from "./Dialog";
import { useToast } from "./toasts";

const LONGEST_TITLE = 200;
const LONGEST_NOTE = 2000;

interface Props {
  client: { client_id: string; name: string };
  /** The task to change; without one a new one is made. */
  task?: Task;
  onClose: () => void;
}

/** Makes a task, or changes one: what, when, by whom, and what is to be known. */
export function TaskDialog({ client, task, onClose }: Props) {
  const say = useToast();
  const [title, setTitle] = useState(task?.title ?? "");
  const [due, setDue] = useState(task?.due_on ?? "");
  const [manager, setManager] = useState(task?.assigned ? (task.account_manager_id ?? "") : "");
  const [note, setNote] = useState(task?.note ?? "");
  const make = useChange(
    (api) =>
      api.POST("/v1/clients/{client_id}/tasks", {
        params: { path: { client_id: client.client_id } },
        body: { title, due_on: due || null, account_manager_id: manager || null, note: note.trim() || null, steps: [] },
      }),
    ["/v1/tasks"],
  );
  const change = useTaskChange();
  const failed = make.error ?? change.error;
  const save = (event: FormEvent) => {
    event.preventDefault();
    const onSuccess = (saved: Task) => {
      say(task ? `“${saved.title}” changed.` : `Task made: ${saved.title}.`);
      onClose();
    };
    if (task === undefined) {
      make.mutate(undefined, { onSuccess });
    } else {
      const changes = { title, due_on: due || null, account_manager_id: manager || null, note: note.trim() || null };
      change.mutate({ id: task.id, changes }, { onSuccess });
    }
  };
  return (
    <Dialog title={task ? "Change task" : `New task: ${client.name}`} onClose={onClose}>
      <form className="stack" onSubmit={save}>
        <label className="field">
          <span>What is to be done</span>
          <input
            required
            maxLength={LONGEST_TITLE}
            value={title}
            onChange={(event) => setTitle(event.target.value)}
            placeholder="Call about the renewal"
          />
        </label>
        <label className="field">
          <span>
            Due <span className="muted small">(optional)</span>
          </span>
          <input type="date" value={due} onChange={(event) => setDue(event.target.value)} />
        </label>
        <Assignee value={manager} onChange={setManager} />
        <label className="field">
          <span>
            Note <span className="muted small">(optional)</span>
          </span>
          <textarea rows={3} maxLength={LONGEST_NOTE} value={note} onChange={(event) => setNote(event.target.value)} />
        </label>
        {failed && <Refusal error={failed} />}
        <div className="form-actions">
          <Button kind="primary" type="submit" busy={make.isPending || change.isPending}>
            {task ? "Save" : "Make task"}
          </Button>
          <Button onClick={onClose}>Cancel</Button>
        </div>
      </form>
    </Dialog>
  );
}

function Assignee({ value, onChange }: { value: string; onChange: (manager: string) => void }) {
  const managers = useManagers();
  const { manager: me } = useSession().claims;
  const may = useMay("clients.read");
  if (!may) return null;
  return (
    <label className="field">
      <span>Assigned to</span>
      <select value={value} onChange={(event) => onChange(event.target.value)}>
        <option value="">The client's account manager</option>
        {managers.data?.items.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
            {id === me && " (you)"}
          </option>
        ))}
      </select>
    </label>
  );
}
