import { type FormEvent, useState } from "react";
import { useChange } from "../../api/queries";
import type { Activity, QbrOutcome } from "../../api/types";
import { date, signed } from "../../format";
import { useMay, useSession } from "../../session/context";
import { Button } from "../../ui/Button";
import { Card } from "../../ui/Card";
import { Pager } from "../../ui/DataTable";
import { Dialog } from "../../ui/Dialog";
import { Line } from "../../ui/icons";
import { Segmented } from "../../ui/Segmented";
import { Async, Message } from "../../ui/states";
import { useToast } from "../../ui/toasts";
import { instantIn, localDate } from "../../zone";
import { Refusal } from "../settings/PublishDialog";
import {
  effectSentence,
  KIND_ICONS,
  KIND_NAMES,
  kindInSentence,
  OUTDATED,
  QBR_STATUS_NAMES,
  useActivities,
} from "./activities";
import { ACTIVITY_ROWS } from "./requests";
import "./Journal.css";

const FIRST_SHOWN = 8;
const DAY = 86_400_000;

const OUTCOMES = [
  { value: "COMPLETED", label: "Held" },
  { value: "CANCELLED", label: "Did not take place" },
] as const;

/** What was done with the client, newest first. */
export function Journal({ id }: { id: string }) {
  const [page, setPage] = useState(1);
  const [whole, setWhole] = useState(false);
  const [chosen, setChosen] = useState<{ entry: Activity; to: "withdraw" | "settle" } | null>(null);
  const found = useActivities(id, page);
  const zone = found.data?.time_zone ?? "UTC";
  return (
    <Card
      title="Journal"
      hint={`Calls, visits, QBRs and notes, newest first. Times are of ${zone}.`}
      className="screen-only"
    >
      <Async of={found} height={320}>
        {({ items, next_cursor }) => {
          if (items.length === 0 && page === 1) {
            return <Message small title="Nothing logged yet" text="What you log stands here, with what it did." />;
          }
          const shown = whole ? items : items.slice(0, FIRST_SHOWN);
          return (
            <>
              <ul className="journal">
                {shown.map((entry) => (
                  <Entry
                    key={`${entry.kind} ${entry.id} ${entry.occurred_at ?? entry.held_on}`}
                    entry={entry}
                    zone={zone}
                    onWithdraw={() => setChosen({ entry, to: "withdraw" })}
                    onSettle={() => setChosen({ entry, to: "settle" })}
                  />
                ))}
              </ul>
              {shown.length < items.length && (
                <Button onClick={() => setWhole(true)}>
                  Show all {next_cursor === null ? items.length : `${items.length} and more`}
                </Button>
              )}
              {whole && (page > 1 || next_cursor !== null) && (
                <Pager
                  page={page}
                  size={ACTIVITY_ROWS}
                  shown={items.length}
                  more={next_cursor !== null}
                  onPage={setPage}
                />
              )}
            </>
          );
        }}
      </Async>
      {chosen?.to === "withdraw" && <Withdraw id={id} entry={chosen.entry} onClose={() => setChosen(null)} />}
      {chosen?.to === "settle" && <Settle id={id} entry={chosen.entry} zone={zone} onClose={() => setChosen(null)} />}
    </Card>
  );
}

interface EntryProps {
  entry: Activity;
  zone: string;
  onWithdraw: () => void;
  onSettle: () => void;
}

function Entry({ entry, zone, onWithdraw, onSettle }: EntryProps) {
  const { subject } = useSession().claims;
  const mayLog = useMay("activities.write");
  const mayWriteRecords = useMay("records.write");
  const gone = entry.withdrawn_at !== null;
  const own = entry.by?.subject === subject && Date.now() - Date.parse(entry.logged_at) < DAY;
  const status = entry.status ? QBR_STATUS_NAMES[entry.status] : null;
  const what = [
    KIND_NAMES[entry.kind] ?? entry.kind,
    status && `(${status.toLowerCase()})`,
    entry.with_decision_maker && entry.status !== "CANCELLED" && "with a decision-maker",
  ];
  const title = what.filter(Boolean).join(" ");
  const change = entry.change === null ? null : Number(entry.change);
  return (
    <li className={gone ? "journal-gone" : undefined}>
      <span className="journal-icon">
        <Line name={KIND_ICONS[entry.kind] ?? "note"} size={18} />
      </span>
      <div className="journal-body">
        <p>
          {gone ? <s>{title}</s> : <strong>{title}</strong>}{" "}
          <span className="muted small">
            {entry.occurred_at ? instantIn(zone, entry.occurred_at) : date(entry.held_on)} ·{" "}
            {entry.by?.name ?? "from a connected system"}
            {gone && ` · withdrawn ${instantIn(zone, entry.withdrawn_at ?? "")}`}
          </span>
        </p>
        {entry.text && <p className="journal-text">{gone ? <s>{entry.text}</s> : entry.text}</p>}
      </div>
      <div className="journal-change">
        {change !== null && !gone && (
          <>
            <strong className={change > 0 ? "tone-good" : change < 0 ? "tone-bad" : "muted"}>
              {change === 0 ? "±0" : signed(change)}
            </strong>
            <small className="muted">{Math.abs(change) === 1 ? "point" : "points"}</small>
          </>
        )}
      </div>
      {mayLog && !gone && (
        <div className="journal-actions">
          {entry.kind === "QBR" && entry.status === "SCHEDULED" && (
            <Button small onClick={onSettle} aria-label={`Held? QBR of ${date(entry.held_on)}`}>
              Held?
            </Button>
          )}
          {(own || mayWriteRecords) && (
            <Button small kind="quiet" onClick={onWithdraw} aria-label={`Withdraw ${title}`}>
              Withdraw
            </Button>
          )}
        </div>
      )}
    </li>
  );
}

const ACTIVITY = "/v1/clients/{client_id}/activities/{activity_id}";

function entryParameters(id: string, entry: Activity) {
  return { path: { client_id: id, activity_id: entry.id } };
}

function Withdraw({ id, entry, onClose }: { id: string; entry: Activity; onClose: () => void }) {
  const say = useToast();
  const withdraw = useChange((api) => api.DELETE(ACTIVITY, { params: entryParameters(id, entry) }), OUTDATED);
  const run = () =>
    withdraw.mutate(undefined, {
      onSuccess: () => {
        say("Withdrawn. It counts no more.");
        onClose();
      },
    });
  return (
    <Dialog title={`Withdraw this ${kindInSentence(entry.kind)}?`} onClose={onClose}>
      <div className="stack">
        <p>It counts no more in the score. In the journal it stays, struck through.</p>
        {withdraw.isError && <Refusal error={withdraw.error} />}
        <div className="form-actions">
          <Button kind="danger" onClick={run} busy={withdraw.isPending}>
            Withdraw
          </Button>
          <Button onClick={onClose}>Cancel</Button>
        </div>
      </div>
    </Dialog>
  );
}

function Settle({ id, entry, zone, onClose }: { id: string; entry: Activity; zone: string; onClose: () => void }) {
  const say = useToast();
  const today = localDate(zone, Date.now());
  const planned = entry.held_on ?? today;
  const [status, setStatus] = useState<(typeof OUTCOMES)[number]["value"]>("COMPLETED");
  const [heldOn, setHeldOn] = useState(planned < today ? planned : today);
  const [decisionMaker, setDecisionMaker] = useState(entry.with_decision_maker ?? false);
  const settle = useChange(
    (api, body: QbrOutcome) => api.PATCH(ACTIVITY, { params: entryParameters(id, entry), body }),
    OUTDATED,
  );
  const held = status === "COMPLETED";
  const save = (event: FormEvent) => {
    event.preventDefault();
    settle.mutate(held ? { status, held_on: heldOn, with_decision_maker: decisionMaker } : { status }, {
      onSuccess: ({ effect }) => {
        say(effectSentence(held ? "Held" : "Noted", effect));
        onClose();
      },
    });
  };
  return (
    <Dialog title={`QBR planned for ${date(planned)}`} onClose={onClose}>
      <form className="stack" onSubmit={save}>
        <Segmented label="What became of it" value={status} options={OUTCOMES} onChange={setStatus} />
        {held && (
          <>
            <label className="field">
              <span>
                Day <span className="muted small">({zone})</span>
              </span>
              <input type="date" required value={heldOn} onChange={(event) => setHeldOn(event.target.value)} />
            </label>
            <label className="check">
              <input
                type="checkbox"
                checked={decisionMaker}
                onChange={(event) => setDecisionMaker(event.target.checked)}
              />
              With a decision-maker
            </label>
          </>
        )}
        {settle.isError && <Refusal error={settle.error} />}
        <div className="form-actions">
          <Button kind="primary" type="submit" busy={settle.isPending}>
            Save
          </Button>
          <Button onClick={onClose}>Cancel</Button>
        </div>
      </form>
    </Dialog>
  );
}
