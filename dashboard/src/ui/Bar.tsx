import type { Tone } from "../format";
import "./Bar.css";

/** A bar of 0–100; the number beside it says the same, so it is not read out. */
export function Bar({ value, tone }: { value: number; tone: Tone | "accent" }) {
  return (
    <div className={`bar tone-${tone}`} aria-hidden="true">
      <div style={{ width: `${Math.max(0, Math.min(100, value))}%` }} />
    </div>
  );
}
