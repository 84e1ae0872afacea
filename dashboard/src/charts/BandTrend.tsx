import { useCallback } from "react";
import type { Band } from "../api/types";
import { BAND_NAMES, BAND_TONES, date, dayAndMonth } from "../format";
import { Chart, type Palette, tooltip } from "./Chart";

interface Props {
  label: string;
  bands: Band[];
  days: { date: string; bands: Record<string, number> }[];
}

/** How many clients were in each band, day by day, stacked. */
export function BandTrend({ label, bands, days }: Props) {
  const draw = useCallback(
    (colours: Palette) => ({
      data: {
        labels: days.map((day) => day.date),
        datasets: bands.toReversed().map((band) => ({
          label: BAND_NAMES[band],
          data: days.map((day) => day.bands[band] ?? 0),
          backgroundColor: colours.tone[BAND_TONES[band]],
          barPercentage: 1,
          categoryPercentage: 1,
        })),
      },
      options: {
        interaction: { mode: "index" as const, intersect: false },
        scales: {
          y: { stacked: true, grid: { color: colours.grid }, border: { display: false }, ticks: { precision: 0 } },
          x: {
            stacked: true,
            grid: { display: false },
            border: { color: colours.grid },
            ticks: {
              maxTicksLimit: 7,
              maxRotation: 0,
              callback: (_: unknown, place: number) => dayAndMonth(days[place]?.date ?? ""),
            },
          },
        },
        plugins: {
          legend: { display: false },
          tooltip: {
            ...tooltip(colours),
            callbacks: { title: (items: { dataIndex: number }[]) => date(days[items[0]?.dataIndex ?? 0]?.date) },
          },
        },
      },
    }),
    [bands, days],
  );
  return <Chart type="bar" label={label} height={220} draw={draw} />;
}
