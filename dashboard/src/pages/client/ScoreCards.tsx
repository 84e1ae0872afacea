import type { Card as CardAnswer, Model, Standing } from "../../api/types";
import { Gauge } from "../../charts/Gauge";
import { average, BAND_ADVICE, BAND_TONES, plural, score, weight } from "../../format";
import { Badge } from "../../ui/Badge";
import { Card } from "../../ui/Card";
import { Delta } from "../../ui/Delta";

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
              Exactly {weighted.exact_score ?? "–"}; signals with data hold {weight(weighted.coverage)} of the weight.
              {weighted.provisional && " Provisional: below 70% the score counts in lists, but raises no alert."}
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
    <Card title="Velocity and projection">
      {velocity === null ? (
        <p className="muted">
          {standing.velocity_reason ? REASONS[standing.velocity_reason] : "There is no score now."}
        </p>
      ) : (
        <>
          <dl className="pairs">
            <div>
              <dt>Last 30 days</dt>
              <dd>
                <Delta points={velocity} /> points
              </dd>
            </div>
            <div>
              <dt>Score now</dt>
              <dd>{score(now)}</dd>
            </div>
            <div>
              <dt>Projected in 30 days</dt>
              <dd>{score(projected)}</dd>
            </div>
          </dl>
          <p className="muted small card-foot">
            {velocity < 0
              ? `It lost ${plural(-velocity, "point")} in 30 days; at this pace it stands at ${projected} in 30 more.`
              : velocity > 0
                ? `It gained ${plural(velocity, "point")} in 30 days; at this pace it stands at ${projected} in 30 more.`
                : "It has not moved in 30 days."}
            {standing.velocity_restated &&
              " Both ends are computed with today's settings and the signals of both days."}
          </p>
        </>
      )}
    </Card>
  );
}

interface PeersProps {
  standing: Standing;
  now: number | null;
  industry: string | null;
}

function PeerComparison({ standing, now, industry }: PeersProps) {
  const { peers } = standing;
  return (
    <Card title="Peer comparison">
      <dl className="pairs">
        <div>
          <dt>This account</dt>
          <dd>{score(now)}</dd>
        </div>
        <div>
          <dt>{industry ?? "Industry"} average</dt>
          <dd>
            {average(peers.industry.average)} <span className="muted small">n = {peers.industry.n}</span>
          </dd>
        </div>
        <div>
          <dt>All accounts</dt>
          <dd>
            {average(peers.all.average)} <span className="muted small">n = {peers.all.n}</span>
          </dd>
        </div>
        <div>
          <dt>Percentile</dt>
          <dd>{peers.percentile ?? "–"}</dd>
        </div>
      </dl>
      <p className="muted small card-foot">
        {peers.percentile === null
          ? "There are no others to compare with."
          : `Healthier than ${peers.percentile}% of the other accounts.`}
      </p>
    </Card>
  );
}
