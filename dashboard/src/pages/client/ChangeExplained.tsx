import { useMemo } from "react";
import { Problem } from "../../api/client";
import { useResource } from "../../api/queries";
import type { Explanation } from "../../api/types";
import { Waterfall } from "../../charts/Waterfall";
import { date, FACTOR_NAMES, instant, SIGNAL_NAMES, score, signed } from "../../format";
import { useAddress } from "../../ui/address";
import { Button } from "../../ui/Button";
import { Card } from "../../ui/Card";
import { Async, Message } from "../../ui/states";
import { day, EXPLANATION, explanationParameters } from "./requests";
import "./parts.css";

const DAY = 86_400_000;
const OTHER_NAMES: Record<string, string> = {
  settings: "Settings changed",
  coverage: "Signals came or went",
  limit: "Limit of 0–100",
  rounding: "Rounding",
};

function isoDay(daysAgo: number): string {
  return new Date(Date.now() - daysAgo * DAY).toISOString().slice(0, 10);
}

/** Why the score moved between two chosen days, as a waterfall and in sentences. */
export function ChangeExplained({ id }: { id: string }) {
  const [address, change] = useAddress();
  const from = day(address.get("from"));
  const to = day(address.get("to"));
  const found = useResource(EXPLANATION, explanationParameters(id, address));
  const missing = found.error instanceof Problem && found.error.status === 404;
  return (
    <Card
      title="Why did it change?"
      hint="The parts add up to the change exactly."
      className="screen-only"
      actions={
        <>
          <label className="field field-row">
            <span>From</span>
            <input
              type="date"
              value={from ?? isoDay(30)}
              max={to ?? isoDay(0)}
              onChange={(event) => change({ from: event.target.value }, true)}
            />
          </label>
          <label className="field field-row">
            <span>To</span>
            <input
              type="date"
              value={to ?? isoDay(0)}
              min={from ?? undefined}
              max={isoDay(0)}
              onChange={(event) => change({ to: event.target.value === isoDay(0) ? null : event.target.value }, true)}
            />
          </label>
          <Button small disabled={!from && !to} onClick={() => change({ from: null, to: null }, true)}>
            Last 30 days
          </Button>
        </>
      }
    >
      {missing ? (
        <Message small title="Nothing to compare" text="No score on or in the week before that day." />
      ) : (
        <Async of={found} height={360}>
          {(explanation) => <Parts explanation={explanation} />}
        </Async>
      )}
    </Card>
  );
}

function Parts({ explanation }: { explanation: Explanation }) {
  const { from, to, change, parts } = explanation;
  const chart = useMemo(
    () => ({
      from: { label: date(from.date), score: from.score ?? 0 },
      to: { label: instant(to.as_of).split(",")[0] ?? "", score: to.score ?? 0 },
      steps: parts.map((part) => ({ label: nameOf(part.id), change: Number(part.change) })),
    }),
    [from, to, parts],
  );
  if (change === null) {
    return (
      <Message
        small
        title="No score on one of the days"
        text={`${score(from.score)} on ${date(from.date)}, ${score(to.score)} at ${instant(to.as_of)}.`}
      />
    );
  }
  return (
    <>
      <p>
        <strong>
          {from.score} → {to.score} ({signed(change)})
        </strong>{" "}
        <span className="muted">
          from {date(from.date)} to {instant(to.as_of)}
        </span>
      </p>
      {parts.length === 0 ? (
        <Message small title="Nothing changed" text="Every part of the score is what it was." />
      ) : (
        <>
          <Waterfall
            label={`Waterfall from ${from.score} to ${to.score}; the list below says the same in words.`}
            {...chart}
          />
          <ul className="parts card-foot">
            {parts.map((part) => (
              <li key={part.id}>
                <span className={`part-change ${Number(part.change) < 0 ? "tone-bad" : "tone-good"}`}>
                  {signed(Number(part.change), 1)}
                </span>
                <span>{part.sentence}</span>
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}

function nameOf(id: string): string {
  return SIGNAL_NAMES[id] ?? FACTOR_NAMES[id] ?? OTHER_NAMES[id] ?? id;
}
