import type { Band } from "../api/types";
import { BAND_ADVICE, BAND_NAMES, BAND_TONES } from "../format";
import { ToneIcon } from "./icons";
import "./Badge.css";

/** A status with its shape, its colour and its name. */
export function Badge({ band }: { band: Band }) {
  const tone = BAND_TONES[band];
  return (
    <span className={`badge tone-${tone}`} title={BAND_ADVICE[band]}>
      <ToneIcon tone={tone} />
      {BAND_NAMES[band]}
    </span>
  );
}
