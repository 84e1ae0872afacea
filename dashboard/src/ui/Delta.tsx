import { signed } from "../format";
import { Line } from "./icons";
import "./Delta.css";

interface Props {
  points: number;
  decimals?: number;
}

/** A change with its arrow; up is better. */
export function Delta({ points, decimals = 0 }: Props) {
  const tone = points > 0 ? "good" : points < 0 ? "bad" : "none";
  const words = points > 0 ? "improved" : points < 0 ? "declined" : "unchanged";
  return (
    <span className={`delta tone-${tone}`}>
      <Line name={points > 0 ? "up" : points < 0 ? "down" : "flat"} size={14} />
      {signed(points, decimals)}
      <span className="visually-hidden"> ({words})</span>
    </span>
  );
}
