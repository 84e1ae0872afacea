import type { Plugin } from "chart.js";
import { useCallback } from "react";
import { date, dayAndMonth } from "../format";
import { Chart, type Palette, tooltip } from "./Chart";

export interface Point {
  date: string;
  value: number | null;
}

interface Props {
  label: string;
  points: Point[];
  height: number;
  /** Days from which on other settings applied. */
  markers?: { date: string; text: string }[];
  /** What happened on days, drawn below the line. */
  marks?: { date: string; shape: "qbr" | "contact" }[];
  decimals?: number;
  /** Around the values instead of 0–100: averages move by a few points. */
  zoomed?: boolean;
}

/** A line over consecutive days. A day without a value is a gap, not a guess. */
export function TrendLine({ label, points, height, markers, marks, decimals = 0, zoomed = false }: Props) {
  const draw = useCallback(
    (colours: Palette) => {
      const series = everyDay(points);
      const dates = series.map((point) => point.date);
      const [least, most] = zoomed ? around(points) : [0, 100];
      return {
        data: {
          labels: dates,
          datasets: [
            {
              data: series.map((point) => point.value),
              borderColor: colours.accent,
              backgroundColor: `color-mix(in srgb, ${colours.accent} 12%, transparent)`,
              borderWidth: 2,
              fill: !zoomed, // an area would have to stand on zero
              tension: 0,
              spanGaps: false,
              pointRadius: series.map((_, place) => (isAlone(series, place) ? 2.5 : 0)),
              pointBackgroundColor: colours.accent,
              pointHitRadius: 12,
              pointHoverRadius: 4,
            },
          ],
        },
        options: {
          interaction: { mode: "index" as const, intersect: false },
          layout: { padding: { top: 18 } },
          scales: {
            y: {
              min: least,
              max: most,
              ticks: { stepSize: most - least > 40 ? 25 : 5 },
              grid: { color: colours.grid },
              border: { display: false },
            },
            x: {
              grid: { display: false },
              border: { color: colours.grid },
              ticks: {
                autoSkip: true,
                maxTicksLimit: 7,
                maxRotation: 0,
                callback: (_: unknown, place: number) => dayAndMonth(dates[place] ?? ""),
              },
            },
          },
          plugins: {
            legend: { display: false },
            tooltip: {
              ...tooltip(colours),
              callbacks: {
                title: (items: { dataIndex: number }[]) => date(dates[items[0]?.dataIndex ?? 0]),
                label: ({ parsed }: { parsed: { y: number | null } }) =>
                  parsed.y === null ? "no value" : parsed.y.toFixed(decimals),
              },
            },
          },
        },
        plugins: [
          ...(markers?.length ? [markerLines(markers, dates, colours)] : []),
          ...(marks?.length ? [markShapes(marks, dates, colours)] : []),
        ],
      };
    },
    [points, markers, marks, decimals, zoomed],
  );
  return <Chart type="line" label={label} height={height} draw={draw} />;
}

/** Round bounds with some room around the values. */
function around(points: Point[]): [number, number] {
  const values = points.flatMap(({ value }) => (value === null ? [] : [value]));
  const least = Math.floor((Math.min(...values) - 3) / 5) * 5;
  const most = Math.ceil((Math.max(...values) + 3) / 5) * 5;
  return [Math.max(0, least), Math.min(100, most)];
}

/** The points with the missing days between them put in, without a value. */
function everyDay(points: Point[]): Point[] {
  const all: Point[] = [];
  for (const point of points) {
    let previous = all.at(-1)?.date;
    while (previous !== undefined) {
      const next = new Date(Date.parse(previous) + 86_400_000).toISOString().slice(0, 10);
      if (next >= point.date) break;
      all.push({ date: next, value: null });
      previous = next;
    }
    all.push(point);
  }
  return all;
}

/** A value between two gaps would be invisible as a line. */
function isAlone(points: Point[], place: number): boolean {
  return (points[place - 1]?.value ?? null) === null && (points[place + 1]?.value ?? null) === null;
}

function markShapes(
  marks: { date: string; shape: "qbr" | "contact" }[],
  dates: string[],
  colours: Palette,
): Plugin<"line"> {
  return {
    id: "marks",
    afterDatasetsDraw({ ctx, chartArea, scales }) {
      ctx.save();
      ctx.fillStyle = colours.text;
      for (const { date: on, shape } of marks) {
        const place = dates.indexOf(on);
        const x = place < 0 ? undefined : scales.x?.getPixelForValue(place);
        if (x === undefined) continue;
        const y = chartArea.bottom - 7;
        ctx.beginPath();
        if (shape === "qbr") ctx.arc(x, y, 4.5, 0, 2 * Math.PI);
        else {
          ctx.moveTo(x, y - 5);
          ctx.lineTo(x + 5, y + 4);
          ctx.lineTo(x - 5, y + 4);
        }
        ctx.fill();
      }
      ctx.restore();
    },
  };
}

function markerLines(markers: { date: string; text: string }[], dates: string[], colours: Palette): Plugin<"line"> {
  return {
    id: "markers",
    afterDatasetsDraw({ ctx, chartArea, scales }) {
      ctx.save();
      ctx.strokeStyle = colours.muted;
      ctx.fillStyle = colours.muted;
      ctx.font = `600 11px ${getComputedStyle(document.body).fontFamily}`;
      ctx.setLineDash([4, 4]);
      for (const { date: on, text } of markers) {
        const place = dates.indexOf(on);
        const x = place < 0 ? undefined : scales.x?.getPixelForValue(place);
        if (x === undefined) continue;
        ctx.beginPath();
        ctx.moveTo(x, chartArea.top);
        ctx.lineTo(x, chartArea.bottom);
        ctx.stroke();
        ctx.textAlign = x > chartArea.right - 30 ? "right" : x < chartArea.left + 30 ? "left" : "center";
        ctx.fillText(text, x, chartArea.top - 6);
      }
      ctx.restore();
    },
  };
}
