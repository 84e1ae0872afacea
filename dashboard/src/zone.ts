/** Wall-clock times of a named zone: the tenant's, wherever the browser is. */

import { INSTANT } from "./format";

const formats = new Map<string, Intl.DateTimeFormat>();

function localFormat(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "short" });
    formats.set(zone, format);
  }
  return format;
}

/** An instant as `2026-11-22T13:05`, the value of a datetime field. */
export function localTime(zone: string, instant: number): string {
  return localFormat(zone).format(instant).replace(" ", "T");
}

/** The zone's calendar date at an instant. */
export function localDate(zone: string, instant: number): string {
  return localTime(zone, instant).slice(0, 10);
}

/** The instant of a local time; null for what is no time. Of a time that comes twice one, of a missing one the next. */
export function instantOf(zone: string, local: string): number | null {
  const wanted = Date.parse(`${local}Z`);
  if (Number.isNaN(wanted)) return null;
  let found = wanted;
  for (let round = 0; round < 2; round += 1) found += wanted - Date.parse(`${localTime(zone, found)}Z`);
  return found;
}

/** 22 Nov 2026, 13:05, in the zone. */
export function instantIn(zone: string, value: string): string {
  return new Intl.DateTimeFormat("en-GB", { ...INSTANT, timeZone: zone }).format(new Date(value));
}
