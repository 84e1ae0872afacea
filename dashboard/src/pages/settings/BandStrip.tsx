import { BAND_ADVICE } from "../../format";
import { Badge } from "../../ui/Badge";
import "./BandStrip.css";

/** The scale from 0 to 100 with its bands, and what each means and advises. */
export function BandStrip({ green, yellow }: { green: number; yellow: number }) {
  const right = Number.isInteger(green) && Number.isInteger(yellow) && 0 < yellow && yellow < green && green <= 100;
  const parts = [
    {
      band: "RED",
      width: yellow,
      tone: "bad",
      range: `0–${yellow - 1}`,
      says: BAND_ADVICE.RED,
    },
    {
      band: "YELLOW",
      width: green - yellow,
      tone: "warn",
      range: green - yellow === 1 ? `${yellow}` : `${yellow}–${green - 1}`,
      says: BAND_ADVICE.YELLOW,
    },
    {
      band: "GREEN",
      width: 101 - green,
      tone: "good",
      range: green === 100 ? "100" : `${green}–100`,
      says: BAND_ADVICE.GREEN,
    },
  ] as const;
  return (
    <>
      <div className="band-strip" aria-hidden="true">
        {right &&
          parts.map((part) => (
            <div key={part.band} className={`tone-${part.tone}`} style={{ width: `${part.width}%` }}>
              {part.width > 8 && part.range}
            </div>
          ))}
      </div>
      <ul className="band-meaning">
        {parts.toReversed().map((part) => (
          <li key={part.band}>
            <Badge band={part.band} />
            <span className="strong">{right ? part.range : "–"}</span>
            <span className="muted small">{part.says}</span>
          </li>
        ))}
      </ul>
    </>
  );
}
