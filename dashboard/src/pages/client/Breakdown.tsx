import type { Card as CardAnswer, Model } from "../../api/types";
import { SIGNAL_SOURCES, SOURCE_RECORDS, signed, type Tone, weight } from "../../format";
import { Bar } from "../../ui/Bar";
import { Card } from "../../ui/Card";
import "./Breakdown.css";
import { CountedRecords } from "./CountedRecords";

/** What the score is made of: each signal or factor with its points and the fact behind them. */
export function Breakdown({ card, model }: { card: CardAnswer; model: Model }) {
  if (card.models === null) return null;
  return model === "weighted" ? <Signals card={card} /> : <Factors card={card} />;
}

function toneOf(points: number): Tone {
  return points >= 70 ? "good" : points >= 40 ? "warn" : "bad";
}

function Signals({ card }: { card: CardAnswer }) {
  const weighted = card.models?.weighted;
  if (!weighted) return null;
  return (
    <Card title="Signals" hint="Each gives 0–100 points; points × weight add up to the score.">
      <ul className="breakdown">
        {weighted.signals.map((signal) => {
          const missing =
            signal.missing === "not_connected"
              ? `No ${SOURCE_RECORDS[SIGNAL_SOURCES[signal.id] ?? ""] ?? "records"} received yet.`
              : signal.missing === "no_data"
                ? "No data: it does not count."
                : null;
          return (
            <li key={signal.id}>
              <div className="breakdown-text">
                <span className="breakdown-name">{signal.label}</span>
                <span className="muted small breakdown-sentence">
                  {missing && <strong>{missing} </strong>}
                  {signal.sentence}
                </span>
              </div>
              <Bar
                value={signal.points ?? 0}
                tone={signal.points === null || signal.missing ? "none" : toneOf(signal.points)}
              />
              <div className="breakdown-number">
                <strong>{signal.points ?? "–"}</strong>
                <small>points</small>
              </div>
              <div className="breakdown-number">
                {weight(signal.weight)}
                <small>weight</small>
              </div>
              <div className="breakdown-number">
                {signal.contribution ?? "–"}
                <small>contribution</small>
              </div>
              <CountedRecords id={card.client.client_id} part={signal.id} label={signal.label} />
            </li>
          );
        })}
      </ul>
    </Card>
  );
}

function Factors({ card }: { card: CardAnswer }) {
  const deduction = card.models?.deduction;
  if (!deduction) return null;
  const sum = 100 + deduction.factors.reduce((total, factor) => total + factor.points, 0);
  return (
    <Card title="Factors" hint="Everyone starts at 100; warning signs take points away, an active contract adds some.">
      <ul className="breakdown breakdown-factors">
        {deduction.factors.map((factor) => {
          const tone = factor.points < 0 ? "bad" : factor.points > 0 ? "good" : "none";
          // The scale runs from −40 on the left to +10 on the right.
          const width = Math.min(80, Math.abs(factor.points) * 2);
          return (
            <li key={factor.id}>
              <div className="breakdown-text">
                <span className="breakdown-name">{factor.label}</span>
                <span className="muted small breakdown-sentence">{factor.sentence}</span>
              </div>
              <div className={`diverging tone-${tone}`} aria-hidden="true">
                {factor.points !== 0 && (
                  <div className={factor.points > 0 ? "plus" : undefined} style={{ width: `${width}%` }} />
                )}
              </div>
              <div className="breakdown-number">
                <strong className={`tone-${tone}`}>{signed(factor.points)}</strong>
                <small>points</small>
              </div>
              <CountedRecords id={card.client.client_id} part={factor.id} label={factor.label} />
            </li>
          );
        })}
      </ul>
      <p className="muted small card-foot">
        100{" "}
        {deduction.factors
          .filter((factor) => factor.points !== 0)
          .map((factor) => (factor.points < 0 ? `− ${-factor.points}` : `+ ${factor.points}`))
          .join(" ")}{" "}
        = {sum < 0 ? `−${-sum}` : sum}
        {sum !== deduction.score && `, held to 0–100: ${deduction.score}`}
      </p>
    </Card>
  );
}
