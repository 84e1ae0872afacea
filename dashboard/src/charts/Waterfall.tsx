import { useCallback } from "react";
import { signed } from "../format";
import { Chart, type Palette, tooltip } from "./Chart";

export interface Step {
  label: string;
  change: number;
}

interface Props {
  label: string;
  from: { label: string; score: number };
  steps: Step[];
  to: { label: string; score: number };
}

const ROW = 30;

/** From one score to another, each part of the change as a bar that starts where the last one ended. */
export function Waterfall({ label, from, steps, to }: Props) {
  const draw = useCallback(
    (colours: Palette) => {
      let at = from.score;
      const bars: { label: string; span: [number, number]; colour: string; says: string }[] = [
        { label: from.label, span: [0, from.score], colour: colours.tone.none, says: String(from.score) },
      ];
      for (const step of steps) {
        const colour = step.change < 0 ? colours.tone.bad : colours.tone.good;
        bars.push({ label: step.label, span: [at, at + step.change], colour, says: signed(step.change, 1) });
        at += step.change;
      }
      bars.push({ label: to.label, span: [0, to.score], colour: colours.accent, says: String(to.score) });
      const ends = bars.flatMap((bar) => bar.span);
      return {
        data: {
          labels: bars.map((bar) => shortened(bar.label)),
          datasets: [
            {
              data: bars.map((bar) => bar.span),
              backgroundColor: bars.map((bar) => bar.colour),
              borderRadius: 3,
              borderSkipped: false,
              barPercentage: 0.8,
              categoryPercentage: 0.9,
              minBarLength: 2,
            },
          ],
        },
        options: {
          indexAxis: "y" as const,
          layout: { padding: { right: 44 } },
          scales: {
            x: {
              min: Math.min(0, ...ends),
              max: Math.max(100, ...ends),
              ticks: { stepSize: 25 },
              grid: { color: colours.grid },
              border: { display: false },
            },
            y: {
              grid: { display: false },
              border: { display: false },
              ticks: { color: colours.text, autoSkip: false },
            },
          },
          plugins: {
            legend: { display: false },
            tooltip: {
              ...tooltip(colours),
              callbacks: {
                title: (items: { dataIndex: number }[]) => bars[items[0]?.dataIndex ?? 0]?.label ?? "",
                label: ({ dataIndex }: { dataIndex: number }) => bars[dataIndex]?.says ?? "",
              },
            },
          },
        },
        plugins: [
          {
            id: "values",
            afterDatasetsDraw({ ctx, scales }: { ctx: CanvasRenderingContext2D; scales: Scales }) {
              ctx.save();
              ctx.fillStyle = colours.text;
              ctx.font = `600 12px ${getComputedStyle(document.body).fontFamily}`;
              ctx.textBaseline = "middle";
              bars.forEach((bar, place) => {
                const x = scales.x?.getPixelForValue(Math.max(...bar.span)) ?? 0;
                ctx.fillText(bar.says, x + 6, scales.y?.getPixelForValue(place) ?? 0);
              });
              ctx.restore();
            },
          },
        ],
      };
    },
    [from, steps, to],
  );
  return <Chart type="bar" label={label} height={(steps.length + 2) * ROW + 34} draw={draw} />;
}

type Scales = Record<string, { getPixelForValue(value: number): number }>;

/** Long names take the room of the bars on a narrow screen. */
function shortened(label: string): string {
  const most = innerWidth < 600 ? 16 : 44;
  return label.length > most ? `${label.slice(0, most - 1).trimEnd()}…` : label;
}
