import { type FormEvent, useCallback, useEffect, useRef, useState } from "react";
import { Problem } from "../../api/client";
import { useChange } from "../../api/queries";
import type { Activities, Activity, ActivityBody, Card as CardAnswer } from "../../api/types";
import { useMay, useSession } from "../../session/context";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { Line } from "../../ui/icons";
import { useKey } from "../../ui/keys";
import { Segmented } from "../../ui/Segmented";
import { useToast } from "../../ui/toasts";
import { instantIn, instantOf, localDate, localTime } from "../../zone";
import {
  alikeOf,
  effectSentence,
  KIND_NAMES,
  KINDS,
  type Kind,
  kindInSentence,
  OUTDATED,
  QBR_STATUSES,
  type QbrStatus,
  useActivities,
} from "./activities";
import { ACTIVITIES } from "./requests";
import "./LogActivity.css";

const MOST_TEXT = 2000;
const FAULT_OF: Record<string, string> = { "/occurred_at": "when", "/held_on": "when", "/text": "text" };

interface Props {
  card: CardAnswer;
  /** When the card was read, by the browser's clock: what has passed since then is the same by any clock. */
  readAt: number;
}

/** The button, and the key `l` for it. */
export function LogActivity({ card, readAt }: Props) {
  const may = useMay("activities.write");
  const [open, setOpen] = useState(false);
  const activities = useActivities(card.client.client_id);
  const journal = activities.data;
  const { refetch } = activities;
  useEffect(() => {
    if (open) void refetch(); // somebody else may have logged the same just now
  }, [open, refetch]);
  const start = useCallback(() => setOpen(true), []);
  useKey("l", start, may);
  if (!may) return null;
  return (
    <>
      <Button kind="primary" onClick={() => setOpen(true)} aria-keyshortcuts="l" title="Log activity (l)">
        <Line name="plus" size={16} />
        Log activity
      </Button>
      {open && journal && (
        <LogDialog
          id={card.client.client_id}
          name={card.client.name}
          now={() => Date.parse(card.computed_at) + Date.now() - readAt}
          journal={journal}
          onClose={() => setOpen(false)}
        />
      )}
    </>
  );
}

interface DialogProps {
  id: string;
  name: string;
  now: () => number;
  journal: Activities;
  onClose: () => void;
}

/** What was sent: again with the same key as long as nothing is changed, for its answer may have been lost. */
interface Attempt {
  fields: string;
  key: string;
  body: ActivityBody;
}

function LogDialog({ id, name, now, journal, onClose }: DialogProps) {
  const { subject } = useSession().claims;
  const say = useToast();
  const zone = journal.time_zone;
  const last = useRef<Attempt | null>(null);
  const [kind, setKind] = useState<Kind>("CALL");
  const [when, setWhen] = useState<string | null>(null); // null: now, to the second
  const [heldOn, setHeldOn] = useState(() => localDate(zone, now()));
  const [status, setStatus] = useState<QbrStatus>("COMPLETED");
  const [decisionMaker, setDecisionMaker] = useState(false);
  const [text, setText] = useState("");
  const log = useChange(
    (api, { key, body }: Attempt) =>
      api.POST(ACTIVITIES, { params: { path: { client_id: id }, header: { "Idempotency-Key": key } }, body }),
    OUTDATED,
  );
  const qbr = kind === "QBR";
  const missed = qbr && status === "CANCELLED";
  const at = when === null ? now() : instantOf(zone, when);
  const alike = alikeOf(journal.items, { subject, kind, at, heldOn });
  const faults = faultsOf(log.error);

  const save = (event: FormEvent) => {
    event.preventDefault();
    const said = text.trim() || null;
    const occurred = new Date(at ?? now()).toISOString();
    const body: ActivityBody =
      kind === "QBR"
        ? { kind, held_on: heldOn, status, with_decision_maker: decisionMaker && !missed, text: said }
        : kind === "NOTE"
          ? { kind, occurred_at: occurred, text: said }
          : { kind, occurred_at: occurred, with_decision_maker: decisionMaker, text: said };
    const fields = JSON.stringify([kind, when, heldOn, status, decisionMaker, text]);
    if (last.current?.fields !== fields) last.current = { fields, key: crypto.randomUUID(), body };
    log.mutate(last.current, {
      onSuccess: ({ effect }) => {
        say(effectSentence("Logged", effect));
        onClose();
      },
    });
  };
  return (
    <Dialog title={`Log activity: ${name}`} onClose={onClose}>
      <form className="stack" onSubmit={save}>
        <Segmented label="Kind" value={kind} options={KINDS} onChange={setKind} />
        {qbr && <Segmented label="Status" value={status} options={QBR_STATUSES} onChange={setStatus} />}
        {qbr ? (
          <label className="field">
            <span>
              Day <Zone name={zone} />
            </span>
            <input type="date" required value={heldOn} onChange={(event) => setHeldOn(event.target.value)} />
            {faults.when && <Fault text={faults.when} />}
          </label>
        ) : (
          <label className="field">
            <span>
              When <Zone name={zone} />
            </span>
            <input
              type="datetime-local"
              required
              value={when ?? localTime(zone, now())}
              onChange={(event) => setWhen(event.target.value)}
            />
            {faults.when && <Fault text={faults.when} />}
          </label>
        )}
        {kind !== "NOTE" && !missed && (
          <label className="check">
            <input
              type="checkbox"
              checked={decisionMaker}
              onChange={(event) => setDecisionMaker(event.target.checked)}
            />
            With a decision-maker
          </label>
        )}
        <label className="field">
          <span>
            Text <span className="muted small">(optional, {MOST_TEXT - text.length} characters left)</span>
          </span>
          <textarea rows={4} maxLength={MOST_TEXT} value={text} onChange={(event) => setText(event.target.value)} />
          {faults.text && <Fault text={faults.text} />}
        </label>
        {alike && <Alike entry={alike} zone={zone} />}
        {faults.other && (
          <div className="notice notice-bad" role="alert">
            {faults.other}
          </div>
        )}
        <div className="form-actions">
          <Button kind="primary" type="submit" busy={log.isPending}>
            Log {kindInSentence(kind)}
          </Button>
          <Button onClick={onClose}>Cancel</Button>
        </div>
      </form>
    </Dialog>
  );
}

function Alike({ entry, zone }: { entry: Activity; zone: string }) {
  const time = entry.occurred_at ? instantIn(zone, entry.occurred_at) : "the same day";
  return (
    <p className="notice notice-warn" role="status">
      {entry.by?.name} has logged this already: {KIND_NAMES[entry.kind]}, {time}
      {entry.text && ` (“${entry.text.length > 80 ? `${entry.text.slice(0, 80)}…` : entry.text}”)`}. Log yours only if
      it is another.
    </p>
  );
}

function Zone({ name }: { name: string }) {
  return <span className="muted small">({name})</span>;
}

function Fault({ text }: { text: string }) {
  return (
    <span className="field-error small" role="alert">
      {text}
    </span>
  );
}

/** A refusal, told at the field that it is about. */
function faultsOf(error: Error | null): { when?: string; text?: string; other?: string } {
  if (error === null) return {};
  const told = error instanceof Problem ? error.errors : [];
  const found: Record<string, string> = {};
  for (const { pointer, message } of told) found[FAULT_OF[pointer] ?? "other"] = message;
  return told.length === 0 ? { other: error.message } : found;
}
