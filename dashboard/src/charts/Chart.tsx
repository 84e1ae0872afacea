/** Chart.js in React: one canvas per chart, in the colours of the theme, with words for those who do not see it. */

import type { ChartData, ChartOptions, ChartType, Plugin } from "chart.js";
import {
  ArcElement,
  BarController,
  BarElement,
  CategoryScale,
  Chart as ChartJs,
  DoughnutController,
  Filler,
  Legend,
  LinearScale,
  LineController,
  LineElement,
  PointElement,
  Tooltip,
} from "chart.js";
import { useEffect, useRef } from "react";
import type { Tone } from "../format";
import { useTheme } from "../theme";

ChartJs.register(ArcElement, DoughnutController, Tooltip, Legend, CategoryScale, LinearScale, Filler);
ChartJs.register(BarController, BarElement, LineController, LineElement, PointElement);

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

  // biome-ignore lint/correctness/useExhaustiveDependencies: the palette is read anew when the theme changes
  useEffect(() => {
    if (canvas.current === null) return;
    const colours = palette();
    const { data, options, plugins } = draw(colours);
    ChartJs.defaults.font.family = getComputedStyle(document.body).fontFamily;
    ChartJs.defaults.color = colours.muted;
    const chart = new ChartJs<Type>(canvas.current, {
      type,
      data,
      // Numbers are read, not watched: nothing moves.
      options: { animation: false, responsive: true, maintainAspectRatio: false, ...options } as ChartOptions<Type>,
      ...(plugins && { plugins }),
    });
    return () => chart.destroy();
  }, [type, draw, theme]);

  return (
    <div className="chart" style={{ height }}>
      <canvas ref={canvas} role="img" aria-label={label} />
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
