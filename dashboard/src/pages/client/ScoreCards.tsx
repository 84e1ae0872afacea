import type { Card as CardAnswer, Model, Standing } from "../../api/types";
import { Gauge } from "../../charts/Gauge";
import { BAND_ADVICE, BAND_TONES, NONE, plural, type Tone, weight } from "../../format";
import { Badge } from "../../ui/Badge";
import { Bar } from "../../ui/Bar";
import { Card } from "../../ui/Card";
import { Delta } from "../../ui/Delta";
import "./ScoreCards.css";

/** The current score, where it is going, and how it compares. */
export function ScoreCards({ card, model }: { card: CardAnswer; model: Model }) {
  if (card.models === null) return null;
  const { deduction, weighted } = card.models;
  const standing: Standing = card.models[model];
  const band = model === "weighted" ? weighted.band : deduction.status;
  const label = model === "weighted" ? weighted.label : deduction.label;
  const advice = model === "weighted" ? `${weighted.advice}.`.replace("..", ".") : BAND_ADVICE[band];
  const value = card.models[model].score;
  return (
    <div className="columns columns-3">
      <Card title="Current score">
        <div className="gauge-text">
          <Gauge score={value} tone={BAND_TONES[band]} label={label} />
          <Badge band={band} />
          <p>{advice}</p>
          {model === "weighted" && (
            <p className="muted small">
              {weighted.exact_score !== null && `Exact score ${weighted.exact_score} · `}data coverage{" "}
              {weight(weighted.coverage)}
              {weighted.provisional && ". Partial data: below 70% coverage a score raises no alert."}
            </p>
          )}
        </div>
      </Card>
      <Velocity standing={standing} now={value} />
      <PeerComparison standing={standing} now={value} industry={card.client.industry ?? null} />
    </div>
  );
}

const REASONS = {
  insufficient_history: "There is no snapshot from 30 to 37 days ago to compare with yet.",
  insufficient_data: "Too few signals have data on both days to compare them.",
};

function Velocity({ standing, now }: { standing: Standing; now: number | null }) {
  const { velocity, projected_score: projected } = standing;
  return (
    <Card title="30-day change and forecast" className="internal">
      {velocity === null ? (
        <p className="muted">
          {standing.velocity_reason ? REASONS[standing.velocity_reason] : "There is no score now."}
        </p>
      ) : (
        <>
          <dl className="levels">
            <div>
              <dt>Last 30 days</dt>
              <dd>
                <Delta points={velocity} /> {Math.abs(velocity) === 1 ? "point" : "points"}
              </dd>
            </div>
            <Level name="Score now" value={now} tone="accent" />
            <Level name="Projected in 30 days" value={projected} tone={velocity < 0 ? "bad" : "accent"} />
          </dl>
          <p className="muted small card-foot">
            {velocity < 0
              ? `Down ${plural(-velocity, "point")} in 30 days; at this rate ${projected} in another 30.`
              : velocity > 0
                ? `Up ${plural(velocity, "point")} in 30 days; at this rate ${projected} in another 30.`
                : "No change in 30 days."}
            {standing.velocity_restated &&
              " Both ends are computed with today's settings and the signals of both days."}
          </p>
        </>
      )}
    </Card>
  );
}

interface LevelProps {
  name: string;
  of?: number;
  value: number | null;
  decimals?: number;
  tone: Tone | "accent";
}

/** A score of 0–100 as a number and as a bar, to be compared with those above and below it. */
function Level({ name, of, value, decimals = 0, tone }: LevelProps) {
  return (
    <div>
      <dt>
        {name} {of !== undefined && <span className="small">({plural(of, "client")})</span>}
      </dt>
      <dd>{value === null ? NONE : value.toFixed(decimals)}</dd>
      <dd className="level" aria-hidden="true">
        <Bar value={value ?? 0} tone={tone} />
      </dd>
    </div>
  );
}

interface PeersProps {
  standing: Standing;
  now: number | null;
  industry: string | null;
}

function PeerComparison({ standing, now, industry }: PeersProps) {
  const { industry: alike, all, percentile } = standing.peers;
  return (
    <Card title="Peer comparison" className="internal">
      <dl className="levels">
        <Level name="This client" value={now} tone="accent" />
        {alike && (
          <Level
            name={`${industry ?? "Industry"} average`}
            of={alike.n}
            value={alike.average}
            decimals={1}
            tone="none"
          />
        )}
        {all && <Level name="All clients" of={all.n} value={all.average} decimals={1} tone="none" />}
      </dl>
      <p className="muted small card-foot">
        {percentile === null
          ? "There are no others to compare with."
          : percentile === 0
            ? "No other client scores lower."
            : `Healthier than ${percentile}% of the other clients.`}
      </p>
    </Card>
  );
}
