import type { Tone } from "../format";
import "./Gauge.css";

const RADIUS = 80;
const LENGTH = Math.PI * RADIUS;
const ARC = `M 20 100 A ${RADIUS} ${RADIUS} 0 0 1 180 100`;

interface Props {
  score: number | null;
  tone: Tone;
  label: string;
}

/** A half circle filled up to the score, in the band's colour. */
export function Gauge({ score, tone, label }: Props) {
  const words = score === null ? `No score: ${label}` : `${score} of 100: ${label}`;
  return (
    <svg className={`gauge tone-${tone}`} viewBox="0 0 200 122" role="img" aria-label={words}>
      <path d={ARC} className="gauge-track" />
      {score !== null && score > 0 && (
        <path d={ARC} className="gauge-value" strokeDasharray={`${(LENGTH * score) / 100} ${LENGTH}`} />
      )}
      <text x="100" y="92" className="gauge-score">
        {score ?? "–"}
      </text>
      <text x="20" y="120" className="gauge-end">
        0
      </text>
      <text x="180" y="120" className="gauge-end">
        100
      </text>
    </svg>
  );
}
