import { useEffect, useState } from "react";
import { useResource } from "../../api/queries";
import type { ResultPreview } from "../../api/types";
import { score, weight } from "../../format";
import { useMay } from "../../session/context";
import { Badge } from "../../ui/Badge";
import { Card } from "../../ui/Card";
import { Delta } from "../../ui/Delta";
import { Skeleton } from "../../ui/Skeleton";
import { Failure } from "../../ui/states";
import { type Draft, type SentSettings, settingsOf } from "./draft";
import { useResultPreview } from "./preview";
import "./LivePreview.css";

const PAUSE_MS = 350;
const HEIGHT = 470;

interface Props {
  draft: Draft;
  valid: boolean;
  changed: boolean;
  /** Of the settings in force, with which the draft is compared. */
  version: number;
}

/** How a client scores with the settings as they are typed; nothing is stored. */
export function LivePreview({ draft, valid, changed, version }: Props) {
  const [settings, setSettings] = useState<SentSettings | null>(valid ? () => settingsOf(draft) : null);
  const [client, setClient] = useState("");
  useEffect(() => {
    if (!valid) return;
    const timer = setTimeout(() => setSettings(settingsOf(draft)), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [draft, valid]);
  const preview = useResultPreview(version, settings, client || null);
  return (
    <Card
      title="Live preview"
      hint={
        client
          ? "One of your clients, now."
          : "A sample client with all sources connected, one open P1/P2 ticket and a late invoice."
      }
      className="sticky"
    >
      <ClientChoice value={client} onChange={setClient} />
      <div aria-live="polite" className={valid ? undefined : "stale"}>
        {preview.isError ? (
          <Failure small error={preview.error} retry={() => void preview.refetch()} />
        ) : preview.data === undefined ? (
          <Skeleton height={HEIGHT} label="Computing the preview" />
        ) : (
          <Result preview={preview.data} changed={changed} />
        )}
      </div>
      {!valid && <p className="field-error small">Preview paused: fix the marked fields</p>}
    </Card>
  );
}

function ClientChoice({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const mayRead = useMay("clients.read");
  const clients = useResource("/v1/clients", { query: { limit: 200, sort: "name" } }, mayRead);
  if (!mayRead || !clients.data?.items.length) return null;
  return (
    <label className="field">
      <span>Client</span>
      <select value={value} onChange={(event) => onChange(event.target.value)}>
        <option value="">Sample client</option>
        {clients.data.items.map((row) => (
          <option key={row.client_id} value={row.client_id}>
            {row.name}
          </option>
        ))}
      </select>
    </label>
  );
}

function Result({ preview: { before, after }, changed }: { preview: ResultPreview; changed: boolean }) {
  const moved = before.score !== null && after.score !== null ? after.score - before.score : null;
  return (
    <>
      <div className="versus card-foot">
        <div>
          <div className="muted small">Current</div>
          <div className="versus-score">{score(before.score)}</div>
          <Badge band={before.band} />
        </div>
        <div>{moved !== null && moved !== 0 ? <Delta points={moved} /> : <span aria-hidden="true">→</span>}</div>
        <div>
          <div className="muted small">With your changes</div>
          <div className="versus-score">{score(after.score)}</div>
          <Badge band={after.band} />
        </div>
      </div>
      <p className="muted small card-foot">
        {changed
          ? `${after.label}: ${after.advice.replace(/\.$/, "").toLowerCase()}.`
          : "Change something to see what it does."}
      </p>
      <table className="card-table small card-foot">
        <caption className="visually-hidden">What each signal contributes, before and after</caption>
        <thead>
          <tr>
            <th scope="col">Signal</th>
            <th scope="col" className="numeric">
              Points
            </th>
            <th scope="col" className="numeric">
              Weight
            </th>
            <th scope="col" className="numeric">
              Adds
            </th>
          </tr>
        </thead>
        <tbody>
          {after.signals.map((signal) => (
            <tr key={signal.id}>
              <th scope="row" className="wrap-name">
                {signal.label}
              </th>
              <td className="numeric">{signal.points ?? "–"}</td>
              <td className="numeric">{weight(signal.weight)}</td>
              <td className="numeric">{signal.contribution ?? "–"}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
