/** The shape of what comes, in grey, so that nothing moves when it comes. */
import type { ReactNode } from "react";
import "./Skeleton.css";

interface Props {
  label?: string;
  /** Of one box, where nothing is to be seen of the parts yet. */
  height?: number;
  children?: ReactNode;
}

export function Skeleton({ label = "Loading", height, children }: Props) {
  return (
    <div className="skeleton" role="status">
      <span className="visually-hidden">{label}…</span>
      {children ?? <Box height={height ?? 120} />}
    </div>
  );
}

export function Box({ height }: { height: number }) {
  return <div className="skeleton-box" style={{ height }} />;
}

/** Boxes beside each other, laid out as `className` lays out what comes. */
export function Boxes({ className, count, height }: { className: string; count: number; height: number }) {
  return (
    <div className={className}>
      {Array.from({ length: count }, (_, place) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: grey boxes are all alike
        <Box key={place} height={height} />
      ))}
    </div>
  );
}

/** The lines of a table or of a list. */
export function Rows({ count, height = 44 }: { count: number; height?: number }) {
  return (
    <div
      className="skeleton-rows"
      style={{ height: count * height, backgroundSize: `100% ${height}px` }}
      aria-hidden="true"
    />
  );
}

/** A card with a heading and the lines of its table. */
export function TableCard({ rows, height = 44 }: { rows: number; height?: number }) {
  return (
    <div className="card">
      <div className="skeleton-heading" />
      <Rows count={rows + 1} height={height} />
    </div>
  );
}
