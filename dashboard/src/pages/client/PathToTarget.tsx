import { useId } from "react";
import "./PathToTarget.css";
import "./parts.css";
import { useChange, useResource } from "../../api/queries";
import type { Card as CardAnswer, Model, Path } from "../../api/types";
import { date, FACTOR_NAMES, MODEL_NAMES, plural, SIGNAL_NAMES, signed } from "../../format";
import { useMay } from "../../session/context";
import { useAddress } from "../../ui/address";
import { Button } from "../../ui/Button";
import { Card } from "../../ui/Card";
import { Async, Message } from "../../ui/states";
import { useToast } from "../../ui/toasts";
import { HIGHEST_SCORE, PLAN, planParameters, targetScore } from "./requests";

const LONGEST_TEXT = 200;
const REFS = 6;

/** The cheapest actions that bring a score to a target today, and until when that holds. */
export function PathToTarget({ card, model }: { card: CardAnswer; model: Model }) {
  const [address, change] = useAddress();
  const asked = targetScore(address.get("target"));
  const found = useResource(PLAN, planParameters(card.client.client_id, address));
  const target = asked ?? found.data?.target;
  return (
    <Card
      title={asked === null ? "Path to Healthy" : `Path to ${asked}`}
      hint={`The least effort that brings the ${MODEL_NAMES[model]} there today. Every combination is tried.`}
      className="path internal"
      actions={
        target !== undefined && (
          <Target
            card={card}
            model={model}
            target={target}
            onChange={(next) => change({ target: next === null ? null : String(next) }, true)}
          />
        )
      }
    >
      <Async of={found} height={180}>
        {(path) => (path.reachable ? <Reachable card={card} path={path} /> : <OutOfReach path={path} />)}
      </Async>
    </Card>
  );
}

interface TargetProps {
  card: CardAnswer;
  model: Model;
  target: number;
  onChange: (target: number | null) => void;
}

function Target({ card, model, target, onChange }: TargetProps) {
  const id = useId();
  const may = useMay("settings.read");
  // Alerts go by the primary model alone.
  const alerting = may && model === card.primary_model;
  const settings = useResource("/v1/settings/health-score", {}, alerting);
  const rearm =
    alerting && settings.data
      ? Math.min(HIGHEST_SCORE, settings.data.alert_threshold + settings.data.rearm_margin)
      : null;
  return (
    <>
      <Button small onClick={() => onChange(null)}>
        Healthy
      </Button>
      {rearm !== null && rearm >= 1 && (
        <Button small onClick={() => onChange(rearm)}>
          Alert re-arms: {rearm}
        </Button>
      )}
      <span className="stepper">
        <label htmlFor={id}>Target</label>
        <Button small aria-label="Lower target" disabled={target <= 1} onClick={() => onChange(target - 1)}>
          −
        </Button>
        <input
          id={id}
          type="number"
          min={1}
          max={HIGHEST_SCORE}
          // Another target is another field: what is typed is not overwritten while it is no score.
          key={target}
          defaultValue={target}
          onBlur={(event) => {
            const next = targetScore(event.target.value);
            if (next !== null && next !== target) onChange(next);
          }}
          onKeyDown={(event) => {
            if (event.key === "Enter") event.currentTarget.blur();
          }}
        />
        <Button
          small
          aria-label="Higher target"
          disabled={target >= HIGHEST_SCORE}
          onClick={() => onChange(target + 1)}
        >
          +
        </Button>
      </span>
    </>
  );
}

function Reachable({ card, path }: { card: CardAnswer; path: Path }) {
  if (path.actions.length === 0) {
    return (
      <p>
        <strong>Already at {path.score}.</strong> {holds(path)}
      </p>
    );
  }
  const rounding = Number(path.rounding);
  return (
    <>
      <p>
        <strong>
          {path.score} → {path.score_after}
        </strong>{" "}
        with {plural(path.actions.length, "action")}. {holds(path)}
      </p>
      <ol className="parts card-foot" aria-label="Actions">
        {path.actions.map((action) => (
          <li key={action.sentence}>
            <span className="part-change tone-good">{signed(Number(action.gain), 1)}</span>
            <span>
              {action.sentence}
              {action.refs.length > 1 && <span className="muted small"> {named(action)}</span>}
            </span>
          </li>
        ))}
        {rounding !== 0 && (
          <li className="muted">
            <span className="part-change">{signed(rounding, 1)}</span>
            <span>Rounding.</span>
          </li>
        )}
      </ol>
      <MakeTask card={card} path={path} />
    </>
  );
}

/** The records that an action is about. */
function named(action: Path["actions"][number]): string {
  const shown = action.refs.slice(0, REFS).join(", ");
  return action.count > REFS ? `${shown} and ${action.count - REFS} more` : shown;
}

/** Until when a reached score lasts if nothing else happens. */
function holds(path: Path): string {
  if (path.holds_until === null) return "Holds for at least 120 days.";
  const falls = path.holds_until.falls.map((id) => SIGNAL_NAMES[id] ?? FACTOR_NAMES[id] ?? id);
  const named = new Intl.ListFormat("en-GB").format(falls);
  return `Holds until ${date(path.holds_until.date)}, when ${named} ${falls.length === 1 ? "falls" : "fall"}.`;
}

function OutOfReach({ path }: { path: Path }) {
  const left = path.not_in_hand.length > 0 && (
    <>
      <p className="small">
        {path.reason === "insufficient_data" ? "What would give a score:" : "Not in your hands now:"}
      </p>
      <ul className="stack small">
        {path.not_in_hand.map((each) => (
          <li key={each.id}>
            {each.sentence}
            {each.changes_on !== null && <span className="muted"> Changes on {date(each.changes_on)}.</span>}
          </li>
        ))}
      </ul>
    </>
  );
  if (path.reason === "insufficient_data") {
    return (
      <>
        <Message small title="No score, no path" text="Too few signals have data for a score." />
        {left}
      </>
    );
  }
  return (
    <>
      <p>
        <strong>{path.best_score} is the most that actions reach today.</strong>
      </p>
      {left}
    </>
  );
}

function MakeTask({ card, path }: { card: CardAnswer; path: Path }) {
  const may = useMay("alerts.write");
  const say = useToast();
  const { client_id, name } = card.client;
  const make = useChange(
    (api) =>
      api.POST("/v1/clients/{client_id}/tasks", {
        params: { path: { client_id } },
        body: {
          title: `Bring ${name} from ${path.score} to ${path.score_after}`.slice(0, LONGEST_TEXT),
          due_on: null,
          steps: path.actions.map((action) =>
            (action.refs.length > 1 ? `${action.sentence} ${named(action)}` : action.sentence).slice(0, LONGEST_TEXT),
          ),
        },
      }),
    ["/v1/tasks"],
  );
  if (!may) return null;
  const run = () =>
    make.mutate(undefined, {
      onSuccess: (task) => say(`Task made: ${task.title}.`),
      onError: (error) => say(`No task made: ${error.message}`, "bad"),
    });
  return (
    <p className="card-foot">
      <Button onClick={run} busy={make.isPending}>
        Make it a task
      </Button>
    </p>
  );
}
