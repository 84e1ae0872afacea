import { type ReactNode, useMemo } from "react";
import { usePage } from "../../api/queries";
import type { HistoryEntry, Model } from "../../api/types";
import {
  FACTOR_NAMES,
  instant,
  MODEL_NAMES,
  SIGNAL_HEADINGS,
  SIGNAL_NAMES,
  signed,
  TRIGGER_NAMES,
  weight,
  words,
} from "../../format";
import { pageNumber, useAddress } from "../../ui/address";
import { Badge } from "../../ui/Badge";
import { Card } from "../../ui/Card";
import { type Column, DataTable, Pager } from "../../ui/DataTable";
import { Rows } from "../../ui/Skeleton";
import { Async, Message } from "../../ui/states";
import { HISTORY, HISTORY_ROWS, historyParameters } from "./requests";

type Points = Record<string, number | null>;

interface Props {
  id: string;
  model: Model;
  actions?: ReactNode;
}

/** Every snapshot and calculation, newest first, with the points of each signal or factor. */
export function HistoryTable({ id, model, actions }: Props) {
  const [address, change] = useAddress();
  const page = pageNumber(address);
  const found = usePage(HISTORY, historyParameters(id), page);
  const columns = useMemo(() => (model === "weighted" ? WEIGHTED : DEDUCTION), [model]);
  return (
    <Card
      title="History"
      hint={`${MODEL_NAMES[model]}: nightly snapshots and calculations, newest first.`}
      actions={actions}
      className="screen-only"
    >
      <Async of={found} shape={<Rows count={HISTORY_ROWS} height={41} />}>
        {(history) => (
          <>
            <DataTable
              label="History"
              columns={columns}
              rows={history.items}
              rowKey={(entry) => `${entry.as_of} ${entry.trigger}`}
              empty={<Message small title="No history yet" text="The first night adds the first snapshot." />}
            />
            <Pager
              page={page}
              size={HISTORY_ROWS}
              shown={history.items.length}
              more={history.next_cursor !== null}
              onPage={(number) => change({ page: number === 1 ? null : String(number) })}
            />
          </>
        )}
      </Async>
    </Card>
  );
}

const WHEN: Column<HistoryEntry>[] = [
  { id: "when", label: "When", cell: (entry) => <time dateTime={entry.as_of}>{instant(entry.as_of)}</time> },
  { id: "trigger", label: "Trigger", cell: (entry) => TRIGGER_NAMES[entry.trigger] ?? words(entry.trigger) },
];
const SETTINGS: Column<HistoryEntry> = {
  id: "settings",
  label: "Settings",
  numeric: true,
  cell: (entry) => `v${entry.settings_version}`,
};

const WEIGHTED: Column<HistoryEntry>[] = [
  ...WHEN,
  { id: "score", label: "Score", numeric: true, cell: (entry) => <strong>{entry.weighted.score ?? "–"}</strong> },
  { id: "band", label: "Band", cell: (entry) => <Badge band={entry.weighted.band} /> },
  ...Object.entries(SIGNAL_NAMES).map(([signal, label]) => ({
    id: signal,
    label: SIGNAL_HEADINGS[signal] ?? label,
    title: label,
    numeric: true,
    wrapped: true,
    cell: (entry: HistoryEntry) => (entry.weighted.points as Points)[signal] ?? "–",
  })),
  { id: "coverage", label: "Coverage", numeric: true, cell: (entry) => weight(entry.weighted.coverage) },
  SETTINGS,
];

const DEDUCTION: Column<HistoryEntry>[] = [
  ...WHEN,
  { id: "score", label: "Score", numeric: true, cell: (entry) => <strong>{entry.deduction.score}</strong> },
  { id: "status", label: "Health", cell: (entry) => <Badge band={entry.deduction.status} /> },
  ...Object.entries(FACTOR_NAMES).map(([factor, label]) => ({
    id: factor,
    label,
    numeric: true,
    wrapped: true,
    cell: (entry: HistoryEntry) => signed((entry.deduction.points as Points)[factor] ?? 0),
  })),
  SETTINGS,
];
