/** Chart.js in React: one canvas per chart, in the colours of the theme, with words for those who do not see it. */

import type { ChartData, ChartOptions, ChartType, Plugin } from "chart.js";
import { useEffect, useRef, useState } from "react";
import type { Tone } from "../format";
import { useTheme } from "../theme";
import "./Chart.css";

let engine: Promise<typeof import("./engine")> | null = null;

function load(): Promise<typeof import("./engine")> {
  engine ??= import("./engine").catch((error: unknown) => {
    engine = null; // the next chart tries again
    throw error;
  });
  return engine;
}

/** Fetches Chart.js while a page with a chart waits for its data; other pages do without it. */
export function useCharts(): void {
  useEffect(() => {
    load().catch(() => {}); // the chart that misses it says so
  }, []);
}

export interface Palette {
  text: string;
  muted: string;
  grid: string;
  surface: string;
  accent: string;
  tone: Record<Tone, string>;
}

function palette(): Palette {
  const style = getComputedStyle(document.documentElement);
  const read = (name: string) => style.getPropertyValue(name).trim();
  return {
    text: read("--text"),
    muted: read("--muted"),
    grid: read("--border"),
    surface: read("--surface"),
    accent: read("--accent"),
    tone: { good: read("--good-fill"), warn: read("--warn-fill"), bad: read("--bad-fill"), none: read("--none") },
  };
}

interface Props<Type extends ChartType> {
  type: Type;
  /** What the chart shows, in words. */
  label: string;
  height: number;
  draw: (palette: Palette) => { data: ChartData<Type>; options: ChartOptions<Type>; plugins?: Plugin<Type>[] };
}

export function Chart<Type extends ChartType>({ type, label, height, draw }: Props<Type>) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const theme = useTheme();
  const [state, setState] = useState<"loading" | "drawn" | "failed">("loading");

  // biome-ignore lint/correctness/useExhaustiveDependencies: the palette is read again when the theme changes
  useEffect(() => {
    let drawn: { destroy: () => void } | null = null;
    let gone = false;
    load().then(
      (charts) => {
        if (gone || canvas.current === null) return;
        const colours = palette();
        const { data, options, plugins } = draw(colours);
        charts.Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
        charts.Chart.defaults.color = colours.muted;
        drawn = new charts.Chart<Type>(canvas.current, {
          type,
          data,
          // Numbers are read, not watched: nothing moves.
          options: { animation: false, responsive: true, maintainAspectRatio: false, ...options } as ChartOptions<Type>,
          ...(plugins && { plugins }),
        });
        setState("drawn");
      },
      () => setState("failed"),
    );
    return () => {
      gone = true;
      drawn?.destroy();
    };
  }, [type, draw, theme]);

  return (
    <div className="chart" style={{ height }} aria-busy={state === "loading" || undefined}>
      <canvas ref={canvas} role="img" aria-label={label} />
      {state === "failed" && <p className="muted small">The chart could not be loaded.</p>}
    </div>
  );
}

export function tooltip(colours: Palette) {
  return {
    backgroundColor: colours.text,
    titleColor: colours.surface,
    bodyColor: colours.surface,
    padding: 10,
    cornerRadius: 6,
    displayColors: false,
  };
}
