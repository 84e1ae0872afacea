import { type ReactNode, useCallback } from "react";
import { share, type Tone } from "../format";
import { Chart, type Palette, tooltip } from "./Chart";
import "./Donut.css";

export interface Slice {
  label: string;
  count: number;
  share: number;
  tone: Tone;
}

/** Parts of a whole, with something to say in the middle. */
export function Donut({ slices, label, children }: { slices: Slice[]; label: string; children: ReactNode }) {
  const draw = useCallback(
    (colours: Palette) => ({
      data: {
        labels: slices.map((slice) => slice.label),
        datasets: [
          {
            data: slices.map((slice) => slice.count),
            backgroundColor: slices.map((slice) => colours.tone[slice.tone]),
            borderColor: colours.surface,
            borderWidth: 3,
            borderRadius: 4,
          },
        ],
      },
      options: {
        cutout: "74%",
        plugins: {
          legend: { display: false },
          tooltip: {
            ...tooltip(colours),
            callbacks: {
              label: ({ dataIndex }: { dataIndex: number }) => {
                const slice = slices[dataIndex];
                return slice ? `${slice.count} (${share(slice.share)})` : "";
              },
            },
          },
        },
      },
    }),
    [slices],
  );
  return (
    <div className="donut">
      <Chart type="doughnut" label={label} height={216} draw={draw} />
      <div className="donut-middle">{children}</div>
    </div>
  );
}
