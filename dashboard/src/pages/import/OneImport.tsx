import { type ReactNode, useId, useState } from "react";
import { Link } from "wouter";
import { useApi, useChange, useResource } from "../../api/queries";
import type { ImportDetails, ImportPreview, PreviewedFile } from "../../api/types";
import { count, NONE } from "../../format";
import { Button } from "../../ui/Button";
import { Card } from "../../ui/Card";
import { Async, Message } from "../../ui/states";
import { Refusal } from "../settings/PublishDialog";
import { type DayOrder, datesOf, isUnderWay, type MapDocument, openDayOrder, progress, typeName } from "./imports";
import { MapEditor } from "./MapEditor";
import { useImport } from "./useImport";

export const STATE_NAMES: Record<ImportDetails["state"], string> = {
  WAITING: "Waiting for files",
  READING: "Reading the files",
  READY: "Ready to import",
  IMPORTING: "Importing",
  PAUSED: "Paused",
  DONE: "Imported",
  FAILED: "Not readable",
};

const AFTER_AN_IMPORT = ["/v1/imports", "/v1/clients", "/v1/analytics", "/v1/import-maps"] as const;

/** One import from its preview to its result. */
export function OneImport({ id, onClose }: { id: string; onClose: () => void }) {
  const found = useImport(id);
  return (
    <Async of={found} height={400}>
      {(held) => <Held held={held} onClose={onClose} />}
    </Async>
  );
}

function Held({ held, onClose }: { held: ImportDetails; onClose: () => void }) {
  const path = { params: { path: { import_id: held.id } } };
  const [firstNight, setFirstNight] = useState(held.offers_first_night);
  const start = useChange(
    (api) =>
      api.POST("/v1/imports/{import_id}/start", {
        ...path,
        body: { first_night: firstNight && held.offers_first_night && !held.first_night },
      }),
    AFTER_AN_IMPORT,
  );
  const pause = useChange((api) => api.POST("/v1/imports/{import_id}/pause", path), AFTER_AN_IMPORT);
  const reread = useChange(
    (api, maps: Record<string, MapDocument>) =>
      api.POST("/v1/imports/{import_id}/preview", { ...path, body: { maps } }),
    AFTER_AN_IMPORT,
  );
  const remove = useChange((api) => api.DELETE("/v1/imports/{import_id}", path), AFTER_AN_IMPORT);
  const { preview, state } = held;
  const error = start.error ?? pause.error ?? reread.error ?? remove.error;
  const mayStart = state === "READY" && !held.blocked;
  const read = (maps: Record<string, MapDocument>) => reread.mutate(maps);
  return (
    <>
      <Card title={STATE_NAMES[state]} hint={held.files.map((file) => file.name).join(", ")}>
        <Course held={held} />
        {mayStart && held.offers_first_night && (
          <label className="check">
            <input type="checkbox" checked={firstNight} onChange={(event) => setFirstNight(event.target.checked)} />
            <span>Calculate the first night as soon as everything is in, instead of waiting for 02:00 UTC</span>
          </label>
        )}
        {error && <Refusal error={error} />}
        <div className="form-actions">
          {mayStart && (
            <Button kind="primary" onClick={() => start.mutate()} busy={start.isPending}>
              Import
            </Button>
          )}
          {(state === "PAUSED" || (state === "IMPORTING" && held.stalled)) && (
            <Button kind="primary" onClick={() => start.mutate()} busy={start.isPending}>
              Continue
            </Button>
          )}
          {state === "IMPORTING" && !held.stalled && (
            <Button onClick={() => pause.mutate()} busy={pause.isPending}>
              Pause
            </Button>
          )}
          {(state === "FAILED" || state === "WAITING" || (state === "READING" && held.stalled)) && (
            <Button onClick={() => read({})} busy={reread.isPending}>
              Read the files again
            </Button>
          )}
          {!isUnderWay(held) && state !== "DONE" && (
            <Button onClick={() => remove.mutate(undefined, { onSuccess: onClose })} busy={remove.isPending}>
              Discard
            </Button>
          )}
          <Button kind={state === "DONE" ? "plain" : "quiet"} onClick={onClose}>
            {state === "DONE" ? "Import more" : "Back to all imports"}
          </Button>
        </div>
      </Card>
      {preview && (
        <>
          <Faults preview={preview} checked={preview.checked || state !== "READING"} />
          {state !== "DONE" &&
            preview.files.map((file) => (
              <FileCard
                key={file.name}
                file={file}
                preview={preview}
                editable={state === "READY" || state === "FAILED"}
                busy={reread.isPending}
                onMap={(map) => read({ [file.name]: map })}
              />
            ))}
          {state !== "DONE" && <NewClients preview={preview} editable={state === "READY"} onChanged={() => read({})} />}
        </>
      )}
    </>
  );
}

/** How far it is, or how it went. */
function Course({ held }: { held: ImportDetails }) {
  const id = useId();
  const percent = progress(held);
  if (isUnderWay(held)) {
    const label =
      held.state === "READING"
        ? held.rows === 0
          ? "Reading the files"
          : `Checking ${count(held.handled)} of ${count(held.rows)} rows`
        : `${count(held.handled)} of ${count(held.rows)} rows`;
    return (
      <div role="status">
        <p id={id}>{label}</p>
        <progress className="course" aria-labelledby={id} max={100} {...(percent !== null && { value: percent })} />
      </div>
    );
  }
  if (held.state === "DONE") {
    return (
      <div role="status">
        <dl className="counts">
          <Count name="new or changed" value={held.accepted} />
          <Count name="known already" value={held.unchanged} />
          <Count name="clients created" value={held.new_clients} />
          <Count name="rows left out" value={held.left_out} />
          <Count name="rows rejected" value={held.rejected} bad={held.rejected > 0} />
        </dl>
        {held.faulty_rows.map(({ file, url }) => (
          <p key={file}>
            <a href={url}>Download the rejected rows of {file}</a>. Fix them by their last column, then drop that file
            here.
          </p>
        ))}
        <p>
          Scores follow within a minute: <Link href="/analytics/clients">Client Health</Link>,{" "}
          <Link href="/accounts">Clients</Link>
          {held.first_night ? (
            <>
              {" "}
              and the <Link href="/analytics/health">Portfolio</Link>.
            </>
          ) : (
            ". The Portfolio follows after the next night (02:00 UTC)."
          )}
        </p>
      </div>
    );
  }
  if (held.stalled) return <p role="alert">This stands still. Continue it.</p>;
  if (held.message) return <p role="alert">{held.message}</p>;
  if (held.state === "READY" && held.blocked) {
    return <p role="alert">Something is wrong with a whole file, so nothing can be imported yet. See below.</p>;
  }
  if (held.state !== "READY") return null;
  return (
    <p>
      {count(held.rows)} rows were checked: {count(Math.max(0, held.rows - held.rejected - held.left_out))} can be
      imported, {count(held.rejected)} cannot, {count(held.left_out)} are left out on purpose.
    </p>
  );
}

function Count({ name, value, bad }: { name: string; value: number; bad?: boolean }) {
  return (
    <div className={bad ? "tone-bad" : undefined}>
      <dt>{name}</dt>
      <dd>{count(value)}</dd>
    </div>
  );
}

function Faults({ preview, checked }: { preview: ImportPreview; checked: boolean }) {
  if (preview.faults.length === 0) return null;
  return (
    <Card
      title="What is wrong"
      hint={checked ? "Each kind once, with the first lines where it stands." : "So far; the rows are still checked."}
    >
      <ul className="faults">
        {preview.faults.map((fault) => (
          <li key={`${fault.file} ${fault.column} ${fault.reason}`}>
            <p>
              <strong>{fault.column ?? fault.file}</strong>: {fault.reason}
            </p>
            <p className="muted small">
              {fault.column !== null && `${fault.file} · `}
              {fault.count > 1 && `${count(fault.count)} rows · `}
              {fault.places.map(({ line, value }) => `line ${count(line)}${value ? ` (${value})` : ""}`).join(", ")}
            </p>
          </li>
        ))}
      </ul>
      {preview.faults_total > preview.faults.length && (
        <p className="muted">And {count(preview.faults_total - preview.faults.length)} more kinds.</p>
      )}
    </Card>
  );
}

interface FileProps {
  file: PreviewedFile;
  preview: ImportPreview;
  editable: boolean;
  busy: boolean;
  onMap: (map: MapDocument) => void;
}

function FileCard({ file, preview, editable, busy, onMap }: FileProps) {
  const [editing, setEditing] = useState(false);
  const held = (file.map?.document ?? file.suggestion?.document ?? null) as MapDocument | null;
  const title = file.map ? `${file.name}: ${file.map.title}` : `${file.name}: not known yet`;
  const mark = editable && held !== null ? openDayOrder(preview, file.name) : null;
  const edits = editable && held !== null && (editing || file.map === null);
  return (
    <Card
      title={title}
      hint={
        file.map
          ? `${count(file.rows)} rows${file.map.note ? `. ${file.map.note}` : ""}`
          : "Say once what its columns are."
      }
      actions={
        editable &&
        file.map &&
        held &&
        !editing && (
          <Button small onClick={() => setEditing(true)}>
            Change columns
          </Button>
        )
      }
    >
      {mark !== null && held && (
        <AskForDayOrder busy={busy} onOrder={(order) => onMap({ ...held, date_formats: datesOf(order, mark) })} />
      )}
      {edits && (
        <MapEditor
          file={file}
          map={held}
          busy={busy}
          onMap={(map) => {
            setEditing(false);
            onMap(map);
          }}
          {...(file.map && { onCancel: () => setEditing(false) })}
        />
      )}
      {!edits && file.sample.length > 0 && <Sample file={file} />}
      {!edits && file.notes.length > 0 && (
        <ul className="muted small notes">
          {file.notes.map(({ note, count: number }) => (
            <li key={note}>
              {note}: {count(number)}
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}

function AskForDayOrder({ busy, onOrder }: { busy: boolean; onOrder: (order: DayOrder) => void }) {
  return (
    <div className="notice">
      <p>Is 03/04/2026 the 3rd of April or the 4th of March? The file does not tell.</p>
      <div className="form-actions">
        <Button small busy={busy} onClick={() => onOrder("day")}>
          3 April: day first
        </Button>
        <Button small busy={busy} onClick={() => onOrder("month")}>
          4 March: month first
        </Button>
      </div>
    </div>
  );
}

/** The first rows as they will be stored. */
function Sample({ file }: { file: PreviewedFile }) {
  const names = [...new Set(file.sample.flatMap(({ record }) => Object.keys(record ?? {})))].filter(
    (name) => name !== "type",
  );
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a part that scrolls has to be reached by keyboard
    <section className="scroll" aria-label={`First rows of ${file.name}`} tabIndex={0}>
      <table>
        <caption className="muted small">
          The first {file.sample.length} rows as {typeName(file.map?.type ?? "").toLowerCase()} will be stored
        </caption>
        <thead>
          <tr>
            <th scope="col">Line</th>
            {names.map((name) => (
              <th key={name} scope="col">
                {name.replace(/_/g, " ")}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {file.sample.map(({ line, record, faults }) => (
            <tr key={line}>
              <th scope="row">{count(line)}</th>
              {record ? (
                names.map((name) => <td key={name}>{shown((record as Record<string, unknown>)[name])}</td>)
              ) : (
                <td colSpan={names.length} className="tone-bad">
                  {faults.join("; ")}
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function shown(value: unknown): ReactNode {
  if (value === null || value === undefined) return NONE;
  if (typeof value === "object") return Object.values(value).join(" ");
  return String(value);
}

/** Clients that would be created; each can be said to be one that is there. */
function NewClients({
  preview,
  editable,
  onChanged,
}: {
  preview: ImportPreview;
  editable: boolean;
  onChanged: () => void;
}) {
  const api = useApi();
  const clients = useResource("/v1/clients", { query: { limit: 200, archived: "false" } }, editable);
  const source = preview.files
    .map((file) => file.map?.document as MapDocument | null | undefined)
    .find(Boolean)?.source;
  const join = useChange(
    async (_, { client, name }: { client: string; name: string }) => {
      const path = { params: { path: { client_id: client } } };
      const { data } = await api.GET("/v1/clients/{client_id}/aliases", path);
      return api.PUT("/v1/clients/{client_id}/aliases", {
        ...path,
        body: { aliases: [...(data?.aliases ?? []), { source: source ?? "", value: name }] },
      });
    },
    ["/v1/aliases"],
  );
  if (preview.new_clients_total === 0) return null;
  const known = editable && source ? (clients.data?.items ?? []) : [];
  return (
    <Card
      title={`${count(preview.new_clients_total)} new clients`}
      hint="Nobody is known by these names, so they are created. If one is a client you have, choose it: its other name is kept."
    >
      {join.isError && <Refusal error={join.error} />}
      <ul className="imports">
        {preview.new_clients.map(({ id, name }) => (
          <li key={id}>
            <span>{name}</span>
            {known.length > 0 && (
              <label className="select">
                <span className="visually-hidden">{name} is</span>
                <select
                  value=""
                  disabled={join.isPending}
                  onChange={(event) =>
                    join.mutate({ client: event.target.value, name }, { onSuccess: () => onChanged() })
                  }
                >
                  <option value="">New client</option>
                  {known.map((client) => (
                    <option key={client.client_id} value={client.client_id}>
                      Same as {client.name}
                    </option>
                  ))}
                </select>
              </label>
            )}
          </li>
        ))}
      </ul>
      {preview.new_clients_total > preview.new_clients.length && (
        <p className="muted">And {count(preview.new_clients_total - preview.new_clients.length)} more.</p>
      )}
      {preview.new_clients.length === 0 && <Message small title="None" />}
    </Card>
  );
}
