/** Icons drawn for this page, all on a 20 × 20 grid. They say nothing to a screen reader: the text beside them does. */
import type { ReactNode } from "react";
import type { Tone } from "../format";

function Icon({ children, size = 20 }: { children: ReactNode; size?: number }) {
  return (
    <svg
      className="icon"
      width={size}
      height={size}
      viewBox="0 0 20 20"
      fill="none"
      aria-hidden="true"
      focusable="false"
    >
      {children}
    </svg>
  );
}

const PATHS = {
  pulse: "M2 11h3.5l2-5 3.5 9 2-6 1 2H18",
  grid: "M3 3h6v6H3zM11 3h6v4h-6zM11 9h6v8h-6zM3 11h6v6H3z",
  people:
    "M7 9.5a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM1.5 17c.4-3 2.6-4.7 5.5-4.7s5.1 1.7 5.5 4.7M13 3.8a3 3 0 0 1 0 5.5M15 12.6c2 .6 3.2 2.1 3.5 4.4",
  bell: "M10 2.5c-3 0-4.8 2.2-4.8 5 0 4-1.7 5-1.7 6h13c0-1-1.7-2-1.7-6 0-2.8-1.8-5-4.8-5ZM8 16.5a2.1 2.1 0 0 0 4 0",
  sliders: "M3 6h8M15 6h2M3 14h2M9 14h8M13 4v4M7 12v4",
  clock: "M10 17.5a7.5 7.5 0 1 0 0-15 7.5 7.5 0 0 0 0 15ZM10 5.8V10l2.8 1.8",
  flow: "M3 3h5v4H3zM12 13h5v4h-5zM5.5 7v8H12",
  key: "M12.5 11a4 4 0 1 0-3.6-2.3L3 14.6V17h3v-2h2v-2l2.2-2.2c.7.1 1.5.200 2.3.200ZM13.3 6.8h.01",
  manager: "M10 9.5a3.2 3.2 0 1 0 0-6.4 3.2 3.2 0 0 0 0 6.4ZM3.5 17c.5-3.3 3-5 6.5-5s6 1.7 6.5 5",
  history: "M3 10a7 7 0 1 0 2-4.9L3 7M3 3v4h4M10 6.5V10l2.5 1.5",
  menu: "M3 5h14M3 10h14M3 15h14",
  close: "M5 5l10 10M15 5L5 15",
  refresh: "M16.5 10a6.5 6.5 0 1 1-2-4.7L16.5 7M16.5 3v4h-4",
  search: "M9 15A6 6 0 1 0 9 3a6 6 0 0 0 0 12ZM13.5 13.5 17 17",
  up: "M10 16V4M5 9l5-5 5 5",
  down: "M10 4v12M5 11l5 5 5-5",
  flat: "M4 10h12",
  columns: "M3 4h14v12H3zM8 4v12M12.5 4v12",
  left: "M12 4l-6 6 6 6",
  right: "M8 4l6 6-6 6",
  out: "M8 3H4v14h4M12 6l4 4-4 4M16 10H8",
  trash: "M4 6h12M8 6V4h4v2M6 6l.7 11h6.6L14 6",
  plus: "M10 4v12M4 10h12",
  check: "M4 10.500l4 4 8-9",
  upload: "M10 13V3M5.500 7 10 2.800 14.500 7M3 13v4h14v-4",
  phone:
    "M4 3h3l1.5 4-2 1.5a9 9 0 0 0 5 5l1.500-2 4 1.500v3a1.500 1.500 0 0 1-1.500 1.500A14 14 0 0 1 2.500 4.500 1.500 1.500 0 0 1 4 3Z",
  pin: "M10 18s6-5.500 6-10A6 6 0 0 0 4 8c0 4.500 6 10 6 10ZM10 10a2 2 0 1 0 0-4 2 2 0 0 0 0 4Z",
  mail: "M3 5h14v10H3zM3 6l7 5.500L17 6",
  calendar: "M3.500 5h13v12h-13zM3.500 8.500h13M7 3v3.500M13 3v3.500",
  note: "M5 3h7l3 3v11H5zM8 9h4M8 12.500h4",
  external: "M8 5H4v11h11v-4M11 4h5v5M16 4l-7 7",
  link: "M8.500 11.500a3 3 0 0 0 4.300 0l2.700-2.700a3 3 0 0 0-4.300-4.300L10 5.700M11.500 8.500a3 3 0 0 0-4.300 0L4.500 11.200a3 3 0 0 0 4.300 4.300L10 14.300",
  info: "M10 17.5a7.5 7.5 0 1 0 0-15 7.5 7.5 0 0 0 0 15ZM10 9v5M10 6.3h.01",
  warning: "M10 3 1.8 17h16.4zM10 8.5v4M10 14.8h.01",
} as const;

export type IconName = keyof typeof PATHS;

export function Line({ name, size }: { name: IconName; size?: number }) {
  return (
    <Icon {...(size !== undefined && { size })}>
      <path
        d={PATHS[name]}
        stroke="currentColor"
        strokeWidth="1.6"
        strokeLinecap="round"
        strokeLinejoin="round"
        vectorEffect="non-scaling-stroke"
      />
    </Icon>
  );
}

/** A shape of its own for each tone, so that colour is never the only difference. */
export function ToneIcon({ tone }: { tone: Tone }) {
  return (
    <Icon size={14}>
      {tone === "good" && (
        <path d="M3.5 10.5 8 15l8.5-10" stroke="currentColor" strokeWidth="2.8" strokeLinecap="round" />
      )}
      {tone === "warn" && <path d="M10 2 19 17.5H1z" fill="currentColor" />}
      {tone === "bad" && <path d="M6 1.5h8l4.5 4.5v8L14 18.5H6L1.5 14V6z" fill="currentColor" />}
      {tone === "none" && <circle cx="10" cy="10" r="6.5" stroke="currentColor" strokeWidth="2.4" />}
    </Icon>
  );
}

export function Logo() {
  return (
    <svg className="logo" width="32" height="32" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="8" className="logo-ground" />
      <path
        d="M5 17h5l3-8 5 15 3-7h6"
        fill="none"
        stroke="#fff"
        strokeWidth="2.6"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}
