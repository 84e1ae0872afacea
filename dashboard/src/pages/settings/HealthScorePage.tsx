import { useEffect, useMemo, useState } from "react";
import { useResource } from "../../api/queries";
import type { Model, ScoringSettings } from "../../api/types";
import { MODEL_NAMES, SIGNAL_NAMES, SIGNAL_SOURCES, SOURCE_NAMES } from "../../format";
import { useMay } from "../../session/context";
import { Bar } from "../../ui/Bar";
import { Button } from "../../ui/Button";
import { Card, PageHead } from "../../ui/Card";
import { Box } from "../../ui/Skeleton";
import { Async } from "../../ui/states";
import { BandStrip } from "./BandStrip";
import {
  ALERT_FIELDS,
  BAND_FIELDS,
  type Draft,
  draftOf,
  type Faults,
  faultsOf,
  hundredths,
  type NumberField,
  weightSum,
} from "./draft";
import { useKeptDraft } from "./keptDraft";
import { LivePreview } from "./LivePreview";
import { PublishDialog } from "./PublishDialog";
import "./HealthScorePage.css";

export function HealthScorePage() {
  const found = useResource("/v1/settings/health-score", {});
  return (
    <>
      <PageHead
        hint={
          found.data
            ? `Version ${found.data.version} is current. Changes apply to future calculations; history stays as it is.`
            : "Changes apply to future calculations; history stays as it is."
        }
      />
      <Async of={found} shape={<Shape />}>
        {(settings) => <Editor settings={settings} key={settings.version} />}
      </Async>
    </>
  );
}

function Shape() {
  return (
    <div className="columns columns-side">
      <div className="stack">
        <Box height={690} />
        <Box height={477} />
      </div>
      <Box height={846} />
    </div>
  );
}

function Editor({ settings }: { settings: ScoringSettings }) {
  const mayWrite = useMay("settings.write");
  const initial = useMemo(() => draftOf(settings), [settings]);
  const [draft, setDraft] = useKeptDraft("health-score", settings.version, initial);
  const [publishing, setPublishing] = useState(false);
  const faults = useMemo(() => faultsOf(draft), [draft]);
  const valid = Object.keys(faults).length === 0;
  const changed = JSON.stringify(draft) !== JSON.stringify(initial);
  const edit = (part: Partial<Draft>) => setDraft((held) => ({ ...held, ...part }));
  useUnsavedWarning(changed);

  return (
    <div className="columns columns-side">
      <div className="stack">
        {!mayWrite && (
          <p className="notice">You can read these settings. Changing them needs the permission settings.write.</p>
        )}
        <fieldset disabled={!mayWrite} className="stack">
          <legend className="visually-hidden">Settings of the Health Score</legend>
          <Weights draft={draft} faults={faults} connected={settings.connected_sources} edit={edit} />
          <Thresholds draft={draft} faults={faults} edit={edit} />
          <Sources draft={draft} connected={settings.connected_sources} edit={edit} />
          <Rules draft={draft} resolved={settings.resolved_primary_model} edit={edit} />
        </fieldset>
        {mayWrite && (
          <div className="form-actions">
            <Button kind="primary" disabled={!valid || !changed} onClick={() => setPublishing(true)}>
              Review and publish
            </Button>
            <Button disabled={!changed} onClick={() => setDraft(initial)}>
              Discard changes
            </Button>
            <span className={valid ? "muted small" : "field-error small"} role="status">
              {!valid ? "Fix the marked fields" : changed ? "Unpublished changes" : "No changes"}
            </span>
          </div>
        )}
      </div>
      <LivePreview draft={draft} valid={valid} changed={changed} version={settings.version} />
      {publishing && <PublishDialog settings={settings} draft={draft} onClose={() => setPublishing(false)} />}
    </div>
  );
}

function useUnsavedWarning(changed: boolean): void {
  useEffect(() => {
    if (!changed) return;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener("beforeunload", warn);
    return () => removeEventListener("beforeunload", warn);
  }, [changed]);
}

interface PartProps {
  draft: Draft;
  edit: (part: Partial<Draft>) => void;
}

function Weights({ draft, faults, connected, edit }: PartProps & { faults: Faults; connected: string[] }) {
  const sum = weightSum(draft.weights);
  const right = sum === 10_000;
  const heaviest = Math.max(1, ...Object.values(draft.weights).map((text) => hundredths(text) || 0));
  return (
    <Card title="Signal weights" hint="How much each of the nine signals counts. Together they make exactly 100%.">
      <ul className="weights">
        {Object.entries(SIGNAL_NAMES).map(([id, name]) => {
          const text = draft.weights[id] ?? "";
          const source = SIGNAL_SOURCES[id] ?? "";
          const on = draft.sources === "auto" ? connected.includes(source) : draft.sources.includes(source);
          const fault = faults[id];
          return (
            <li key={id}>
              <div>
                <label htmlFor={`weight-${id}`} className="field-name">
                  {name}
                </label>
                <div className="muted small">
                  {SOURCE_NAMES[source]}
                  {!on && " – not connected, so it does not count"}
                </div>
                {fault && (
                  <div className="field-error small" id={`fault-${id}`}>
                    {fault}
                  </div>
                )}
              </div>
              <Bar value={((hundredths(text) || 0) / heaviest) * 100} tone={on ? "accent" : "none"} />
              <div className="weight-input">
                <input
                  id={`weight-${id}`}
                  inputMode="decimal"
                  autoComplete="off"
                  value={text}
                  aria-invalid={fault ? true : undefined}
                  aria-describedby={fault ? `fault-${id}` : undefined}
                  onChange={(event) => edit({ weights: { ...draft.weights, [id]: event.target.value } })}
                />
                <span aria-hidden="true">%</span>
              </div>
            </li>
          );
        })}
      </ul>
      <div className="weight-sum" role="status">
        <span>Sum</span>
        <span className={right ? "tone-good" : "tone-bad"}>
          {Number.isNaN(sum) ? "Enter numbers to see the sum" : `${sum / 100}% ${right ? "✓" : "of 100%"}`}
        </span>
      </div>
      {faults.weights && <p className="field-error small">{faults.weights}.</p>}
    </Card>
  );
}

function Thresholds({ draft, faults, edit }: PartProps & { faults: Faults }) {
  const set = (name: NumberField["name"], text: string) => edit({ numbers: { ...draft.numbers, [name]: text } });
  const field = (each: NumberField) => (
    <NumberInput
      key={each.name}
      field={each}
      text={draft.numbers[each.name]}
      fault={faults[each.name]}
      onChange={set}
    />
  );
  return (
    <Card title="Bands and alerts" hint="Score bands and alert rules">
      <BandStrip green={Number(draft.numbers.green_threshold)} yellow={Number(draft.numbers.yellow_threshold)} />
      <div className="form-grid">
        {BAND_FIELDS.map(field)}
        {ALERT_FIELDS.map(field)}
      </div>
    </Card>
  );
}

interface NumberInputProps {
  field: NumberField;
  text: string;
  fault: string | undefined;
  onChange: (name: NumberField["name"], text: string) => void;
}

function NumberInput({ field, text, fault, onChange }: NumberInputProps) {
  const hint = `hint-${field.name}`;
  return (
    <div className="field">
      <label htmlFor={field.name} className="field-name">
        {field.label}
      </label>
      <input
        id={field.name}
        inputMode="numeric"
        autoComplete="off"
        value={text}
        aria-invalid={fault ? true : undefined}
        aria-describedby={hint}
        onChange={(event) => onChange(field.name, event.target.value)}
      />
      <span id={hint} className={fault ? "field-error small" : "muted small"}>
        {fault ?? field.says}
      </span>
    </div>
  );
}

function Sources({ draft, connected, edit }: PartProps & { connected: string[] }) {
  const auto = draft.sources === "auto";
  const on = draft.sources === "auto" ? connected : draft.sources;
  return (
    <Card title="Data sources" hint="Signals without a connected source are left out of the score.">
      <div className="choices">
        <label className="check">
          <input
            type="checkbox"
            checked={auto}
            onChange={(event) => edit({ sources: event.target.checked ? "auto" : [...connected] })}
          />
          <span>
            Automatic
            <span className="muted small">: a source counts after its first record</span>
          </span>
        </label>
        <fieldset disabled={auto} className="form-grid">
          <legend className="visually-hidden">Connected sources</legend>
          {Object.entries(SOURCE_NAMES).map(([source, name]) => (
            <label key={source} className="check">
              <input
                type="checkbox"
                checked={on.includes(source)}
                onChange={(event) =>
                  edit({ sources: event.target.checked ? [...on, source] : on.filter((each) => each !== source) })
                }
              />
              {name}
            </label>
          ))}
        </fieldset>
      </div>
    </Card>
  );
}

function Rules({ draft, resolved, edit }: PartProps & { resolved: Model }) {
  return (
    <Card title="Rules">
      <div className="form-grid">
        <label className="field">
          <span>Missing signals</span>
          <select
            value={draft.missing_signals}
            onChange={(event) => edit({ missing_signals: event.target.value as Draft["missing_signals"] })}
          >
            <option value="redistribute">Redistribute</option>
            <option value="neutral_50">Count as 50</option>
          </select>
          <span className="muted small">Their weight goes to the others, or they count as 50 points</span>
        </label>
        <label className="field">
          <span>Primary model</span>
          <select
            value={draft.primary_model}
            onChange={(event) => edit({ primary_model: event.target.value as Draft["primary_model"] })}
          >
            <option value="auto">Automatic</option>
            <option value="weighted">{MODEL_NAMES.weighted}</option>
            <option value="deduction">{MODEL_NAMES.deduction}</option>
          </select>
          <span className="muted small">Used for alerts and lists; now {MODEL_NAMES[resolved]}</span>
        </label>
        <label className="field">
          <span>A ticket is open until</span>
          <select
            value={draft.ticket_open_until}
            onChange={(event) => edit({ ticket_open_until: event.target.value as Draft["ticket_open_until"] })}
          >
            <option value="closed">it is closed</option>
            <option value="resolved">it is resolved</option>
          </select>
        </label>
      </div>
      <label className="field card-foot">
        <span>Fallback addresses</span>
        <textarea
          value={draft.fallback_emails}
          rows={2}
          spellCheck={false}
          onChange={(event) => edit({ fallback_emails: event.target.value })}
        />
        <span className="muted small">Get the alerts of clients without an account manager; one address a line.</span>
      </label>
    </Card>
  );
}
