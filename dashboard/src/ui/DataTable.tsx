/** Tables: sortable, paged, scrolling sideways on narrow screens with the first column staying. */
import type { ReactNode } from "react";
import { Button } from "./Button";
import { Line } from "./icons";
import "./DataTable.css";

export interface Column<Row, Sort extends string = string> {
  id: string;
  label: string;
  cell: (row: Row) => ReactNode;
  numeric?: boolean;
  /** The whole name where the label is a short one. */
  title?: string;
  /** A long label over short values: it may take several lines. */
  wrapped?: boolean;
  /** The API's name to sort by; without one the column does not sort. */
  sort?: Sort;
  /** What a first click sorts by. */
  first?: "asc" | "desc";
}

export interface Order<Sort extends string = string> {
  by: Sort;
  order: "asc" | "desc";
}

interface Props<Row, Sort extends string> {
  label: string;
  columns: Column<Row, Sort>[];
  rows: Row[];
  rowKey: (row: Row) => string;
  order?: Order<Sort>;
  onOrder?: (order: Order<Sort>) => void;
  empty: ReactNode;
}

export function DataTable<Row, Sort extends string>({
  label,
  columns,
  rows,
  rowKey,
  order,
  onOrder,
  empty,
}: Props<Row, Sort>) {
  if (rows.length === 0) return empty;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section className="table-scroll" aria-label={`${label}, scrolls sideways`} tabIndex={0}>
      <table>
        <caption className="visually-hidden">{label}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <Heading key={column.id} column={column} order={order} onOrder={onOrder} />
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={rowKey(row)}>
              {columns.map((column, place) => {
                const name = column.numeric ? "numeric" : undefined;
                return place === 0 ? (
                  <th key={column.id} scope="row" className={name}>
                    {column.cell(row)}
                  </th>
                ) : (
                  <td key={column.id} className={name}>
                    {column.cell(row)}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** A click on the sorted column turns it around; another column begins as it wants to. */
export function orderAfterClick<Sort extends string>(
  sort: Sort,
  first: "asc" | "desc" | undefined,
  order: Order<Sort> | undefined,
): Order<Sort> {
  if (order?.by !== sort) return { by: sort, order: first ?? "asc" };
  return { by: sort, order: order.order === "asc" ? "desc" : "asc" };
}

interface HeadingProps<Row, Sort extends string> {
  column: Column<Row, Sort>;
  order: Order<Sort> | undefined;
  onOrder: ((order: Order<Sort>) => void) | undefined;
}

function Heading<Row, Sort extends string>({ column, order, onOrder }: HeadingProps<Row, Sort>) {
  const name = [column.numeric && "numeric", column.wrapped && "wrapped"].filter(Boolean).join(" ") || undefined;
  const { sort } = column;
  if (sort === undefined || onOrder === undefined) {
    return (
      <th scope="col" className={name} title={column.title}>
        {column.label}
      </th>
    );
  }
  const on = order?.by === sort;
  return (
    <th scope="col" className={name} aria-sort={on ? (order.order === "asc" ? "ascending" : "descending") : "none"}>
      <button type="button" className="sort" onClick={() => onOrder(orderAfterClick(sort, column.first, order))}>
        {column.label}
        <span className={on ? "sort-mark sort-on" : "sort-mark"}>
          <Line name={on && order.order === "desc" ? "down" : "up"} size={12} />
        </span>
      </button>
    </th>
  );
}

interface PagerProps {
  page: number;
  size: number;
  shown: number;
  total?: number;
  more: boolean;
  onPage: (page: number) => void;
}

export function Pager({ page, size, shown, total, more, onPage }: PagerProps) {
  const first = (page - 1) * size + 1;
  if (page === 1 && !more && shown === 0) return null;
  const single = page === 1 && !more;
  const range = single
    ? `${shown} in all`
    : shown === 0
      ? "No more rows"
      : `${first}–${first + shown - 1}${total === undefined ? "" : ` of ${total}`}`;
  return (
    <nav className="pager" aria-label="Pages of the table">
      <span className="muted pager-range" role="status">
        {range}
      </span>
      {!single && (
        <>
          <Button small disabled={page === 1} onClick={() => onPage(page - 1)}>
            <Line name="left" size={14} />
            Previous
          </Button>
          <span className="pager-page">Page {page}</span>
          <Button small disabled={!more} onClick={() => onPage(page + 1)}>
            Next
            <Line name="right" size={14} />
          </Button>
        </>
      )}
    </nav>
  );
}
