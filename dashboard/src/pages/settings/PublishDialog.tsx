import { useMemo, useState } from "react";
import { ifVersion, Problem } from "../../api/client";
import { useChange } from "../../api/queries";
import type { Band, Move, PortfolioPreview, ScoringSettings } from "../../api/types";
import { average, BANDS, plural, score } from "../../format";
import { Badge } from "../../ui/Badge";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { Skeleton } from "../../ui/Skeleton";
import { Failure } from "../../ui/states";
import { useToast } from "../../ui/toasts";
import { ChangeList, differences } from "./changes";
import { type Draft, draftOf, settingsOf } from "./draft";
import { fallSentence, usePortfolioPreview } from "./preview";

interface Props {
  settings: ScoringSettings;
  draft: Draft;
  onClose: () => void;
}

/** What the changes do to the whole portfolio, before they are published as a new version. */
export function PublishDialog({ settings, draft, onClose }: Props) {
  const say = useToast();
  const [note, setNote] = useState("");
  const sent = useMemo(() => settingsOf(draft), [draft]);
  const changes = useMemo(() => differences(settingsOf(draftOf(settings)), sent), [settings, sent]);
  const preview = usePortfolioPreview(settings.version, sent);
  const publish = useChange(
    (api) =>
      api.PUT("/v1/settings/health-score", {
        params: { header: ifVersion(settings.version) },
        body: { ...sent, note: note.trim() || null },
      }),
    ["/v1/settings", "/v1/analytics", "/v1/clients"],
  );
  const run = () =>
    publish.mutate(undefined, {
      onSuccess: ({ version }) => {
        say(`Version ${version} published. Scores update within a minute.`);
        onClose();
      },
    });
  return (
    <Dialog title={`Publish version ${settings.version + 1}`} onClose={onClose}>
      <div className="stack">
        <section aria-label="Changes">
          <h3>What changes</h3>
          <ChangeList changes={changes} />
        </section>
        <section aria-label="Effect on the portfolio">
          <h3>What it does to your portfolio</h3>
          {preview.isError ? (
            <Failure small error={preview.error} retry={() => void preview.refetch()} />
          ) : preview.data === undefined ? (
            <Skeleton height={260} label="Computing the portfolio" />
          ) : (
            <Effect preview={preview.data} threshold={settings.alert_threshold} />
          )}
        </section>
        <label className="field">
          <span>Note</span>
          <input
            value={note}
            maxLength={500}
            placeholder="Reason (shown in Versions)"
            onChange={(event) => setNote(event.target.value)}
          />
        </label>
        {publish.isError && <Refusal error={publish.error} />}
        <div className="form-actions dialog-actions">
          <Button kind="primary" onClick={run} busy={publish.isPending} disabled={preview.data === undefined}>
            Publish
          </Button>
          <Button onClick={onClose}>Back to editing</Button>
        </div>
      </div>
    </Dialog>
  );
}

export function Refusal({ error }: { error: Error }) {
  const problem = error instanceof Problem ? error : null;
  return (
    <div className="notice notice-bad" role="alert">
      {problem?.status === 412 ? (
        <p>
          Somebody else has published a version in the meantime. Reload the page to see it, then make your changes
          again.
        </p>
      ) : (
        <>
          {!problem?.errors.length && <p>{error.message}</p>}
          {problem && problem.errors.length > 0 && (
            <ul className="small">
              {problem.errors.map((each) => (
                <li key={`${each.pointer} ${each.message}`}>
                  {each.pointer && <code>{each.pointer}</code>} {each.message}
                </li>
              ))}
            </ul>
          )}
        </>
      )}
    </div>
  );
}

function Effect({ preview, threshold }: { preview: PortfolioPreview; threshold: number }) {
  const { before, after } = preview.bands;
  const total = preview.crossing_total;
  return (
    <div className="stack">
      <table className="card-table small">
        <caption className="visually-hidden">Clients per band, before and after</caption>
        <thead>
          <tr>
            <th scope="col">Band</th>
            <th scope="col" className="numeric">
              Current
            </th>
            <th scope="col" className="numeric">
              With your changes
            </th>
          </tr>
        </thead>
        <tbody>
          {BANDS.weighted
            .filter((band) => band !== "INSUFFICIENT_DATA" || count(before, band) || count(after, band))
            .map((band) => (
              <tr key={band}>
                <th scope="row">
                  <Badge band={band} />
                </th>
                <td className="numeric">{count(before, band)}</td>
                <td className="numeric">
                  <strong>{count(after, band)}</strong>
                </td>
              </tr>
            ))}
          <tr>
            <th scope="row">Average score</th>
            <td className="numeric">{average(preview.average.before)}</td>
            <td className="numeric">
              <strong>{average(preview.average.after)}</strong>
            </td>
          </tr>
        </tbody>
      </table>
      <Moves
        title={`${plural(total, "client crosses", "clients cross")} into another band`}
        moves={preview.crossing}
        total={total}
      />
      {total === 0 && (
        <Moves title="Biggest movers" moves={preview.biggest_movers.slice(0, 5)} total={preview.biggest_movers_total} />
      )}
      <p className="muted small">{fallSentence(preview.alerts, threshold)}</p>
    </div>
  );
}

function count(bands: PortfolioPreview["bands"]["before"], band: Band): number {
  return bands[band as keyof typeof bands] ?? 0;
}

const SHOWN = 8;

function Moves({ title, moves, total }: { title: string; moves: Move[]; total: number }) {
  if (moves.length === 0) return <p className="strong small">{title}</p>;
  return (
    <div className="small">
      <p className="strong">{title}</p>
      <ul className="diff">
        {moves.slice(0, SHOWN).map((move) => (
          <li key={move.client_id}>
            <span>{move.name}</span>
            <span className="muted">
              {move.from === move.to ? score(move.to) : `${score(move.from)} → ${score(move.to)}`}
            </span>
            {move.from_band !== move.to_band && <Badge band={move.to_band} />}
          </li>
        ))}
      </ul>
      {total > SHOWN && <p className="muted">and {total - Math.min(SHOWN, moves.length)} more</p>}
    </div>
  );
}
