import { useEffect, useMemo, useRef, useState } from "react";
import { Link } from "wouter";
import { given, only } from "../api/client";
import { useManagerNames } from "../api/managers";
import { usePage } from "../api/queries";
import type { Account, AccountSort, Band, LifecycleStatus, Model } from "../api/types";
import { BAND_NAMES, BANDS, LIFECYCLE_NAMES, MODEL_NAMES, money, NONE, plural } from "../format";
import { useMay } from "../session/context";
import { AssignDialog } from "../ui/AssignDialog";
import { known, oneOf, pageNumber, useAddress } from "../ui/address";
import { Badge } from "../ui/Badge";
import { Button } from "../ui/Button";
import { Card, PageHead } from "../ui/Card";
import { type Column, DataTable, type Order, Pager } from "../ui/DataTable";
import { Delta } from "../ui/Delta";
import { Line } from "../ui/icons";
import { SearchField } from "../ui/SearchField";
import { Rows } from "../ui/Skeleton";
import { Async, Message } from "../ui/states";
import { useWhose } from "../ui/whose";
import "./AccountsPage.css";

const ROWS = 25;
const HIDDEN_AT_FIRST = ["score_trend", "industry"];
const NEVER_HIDDEN = "name";
const STATUSES: LifecycleStatus[] = ["ACTIVE", "AT_RISK", "INACTIVE", "CHURNED"];
const MODELS: Model[] = ["weighted", "deduction"];

function columnsOf(managers: Map<string, string>, mayOpen: boolean): Column<Account, AccountSort>[] {
  return [
    {
      id: "name",
      label: "Client",
      sort: "name",
      cell: (row) => (mayOpen ? <Link href={`/clients/${row.client_id}`}>{row.name}</Link> : row.name),
    },
    { id: "score", label: "Score", sort: "score", numeric: true, cell: (row) => <Score row={row} /> },
    { id: "band", label: "Health", sort: "band", cell: (row) => (row.band ? <Badge band={row.band} /> : NONE) },
    {
      id: "score_trend",
      label: "Score Trend",
      wrapped: true,
      sort: "score_trend",
      numeric: true,
      cell: (row) => (row.score_trend ? <Delta points={row.score_trend.points} /> : NONE),
    },
    { id: "industry", label: "Industry", sort: "industry", cell: (row) => row.industry ?? NONE },
    {
      id: "account_manager",
      label: "Manager",
      cell: (row) => (row.account_manager_id ? (managers.get(row.account_manager_id) ?? row.account_manager_id) : NONE),
    },
    { id: "status", label: "Status", sort: "status", cell: (row) => LIFECYCLE_NAMES[row.status] ?? row.status },
    {
      id: "revenue",
      label: "Monthly revenue",
      wrapped: true,
      sort: "monthly_recurring_revenue",
      first: "desc",
      numeric: true,
      cell: (row) => (row.monthly_recurring_revenue ? money(row.monthly_recurring_revenue) : NONE),
    },
    { id: "alerts", label: "Alerts", numeric: true, cell: (row) => row.open_alerts || NONE },
  ];
}

export function AccountsPage() {
  const [address, change] = useAddress();
  const names = useManagerNames();
  const mayOpen = useMay("reports.read");
  const columns = useMemo(() => columnsOf(names, mayOpen), [names, mayOpen]);
  const hidden = address.has("hidden") ? (address.get("hidden") ?? "").split(",") : HIDDEN_AT_FIRST;
  const shown = columns.filter((column) => column.id === NEVER_HIDDEN || !hidden.includes(column.id));
  const order: Order<AccountSort> = {
    by: oneOf<AccountSort>(
      address.get("sort"),
      columns.flatMap((column) => column.sort ?? []),
      "name",
    ),
    order: oneOf(address.get("order"), ["asc", "desc"], "asc"),
  };
  const model = known(address.get("model"), MODELS);
  const status = known(address.get("status"), STATUSES);
  const { mine, managers, choice } = useWhose();
  const manager = mine ? null : address.get("manager");
  const industry = address.get("industry");
  const text = address.get("q") ?? "";
  const page = pageNumber(address);
  const band = known(address.get("band"), model ? BANDS[model] : Object.values(BANDS).flat());
  const found = usePage(
    "/v1/clients",
    {
      query: given({
        sort: order.by,
        order: order.order,
        model,
        q: text,
        band: only(band),
        status: only(status),
        industry: only(industry),
        account_manager_id: mine ? managers : only(manager),
        columns: hidden.includes("score_trend") ? null : ("score_trend" as const),
        limit: ROWS,
      }),
    },
    page,
  );
  const shownModel = model ?? modelOf(found.data?.items) ?? "weighted";
  const bands = BANDS[shownModel];
  const choose = (changes: Record<string, string | null>) => change({ ...changes, page: null });
  const filtered = Boolean(text || band || status || manager || industry);
  const mayAssign = useMay("records.write");
  const [chosen, setChosen] = useState<Chosen>(new Map());
  const [assigning, setAssigning] = useState(false);
  const selectable = mayAssign ? shown.map((column) => withChoice(column, chosen, setChosen)) : shown;

  return (
    <>
      <PageHead hint={`${mine ? "Your" : "All"} clients, by ${MODEL_NAMES[shownModel]}`}>
        {choice}
        <ColumnsMenu
          columns={columns}
          hidden={hidden}
          onChange={(next) => change({ hidden: next.length ? next.join(",") : "none" }, true)}
        />
      </PageHead>
      <Card
        title="All clients"
        actions={
          <>
            <SearchField label="Search clients" value={text} onChange={(q) => change({ q, page: null }, true)} />
            <Choice
              label="Model"
              value={model ?? ""}
              options={[
                ["", model === null ? `${MODEL_NAMES[shownModel]} (used for alerts)` : "Used for alerts"],
                ...Object.entries(MODEL_NAMES).filter(([id]) => model !== null || id !== shownModel),
              ]}
              onChange={(value) => choose({ model: value, band: null })}
            />
            <Choice
              label="Health"
              value={band ?? ""}
              options={[["", "All bands"], ...bands.map((band): [string, string] => [band, BAND_NAMES[band]])]}
              onChange={(band) => choose({ band })}
            />
            <Choice
              label="Status"
              value={status ?? ""}
              options={[
                ["", "Active and flagged"],
                ...STATUSES.map((status): [string, string] => [status, LIFECYCLE_NAMES[status] ?? status]),
              ]}
              onChange={(status) => choose({ status })}
            />
            {industry && (
              <Button
                small
                onClick={() => choose({ industry: null })}
                aria-label={`All industries, not ${industry} alone`}
              >
                {industry} ✕
              </Button>
            )}
            {!mine && (
              <Choice
                label="Account manager"
                value={manager ?? ""}
                options={[["", "All managers"], ...names, ["none", "Unassigned"]]}
                onChange={(manager) => choose({ manager })}
              />
            )}
          </>
        }
      >
        <Async of={found} shape={<Rows count={ROWS} />}>
          {(accounts) => (
            <>
              {chosen.size > 0 && (
                <p className="chosen" role="status">
                  {plural(chosen.size, "client")} chosen{" "}
                  <Button small kind="primary" onClick={() => setAssigning(true)}>
                    Assign to…
                  </Button>{" "}
                  <Button small onClick={() => setChosen(new Map())}>
                    Clear
                  </Button>
                </p>
              )}
              {assigning && (
                <AssignDialog
                  clients={[...chosen].map(([client_id, name]) => ({ client_id, name }))}
                  onClose={() => setAssigning(false)}
                  onDone={() => setChosen(new Map())}
                />
              )}
              <DataTable
                label="Clients"
                columns={selectable}
                rows={accounts.items}
                rowKey={(row) => row.client_id}
                order={order}
                onOrder={({ by, order }) => choose({ sort: by, order })}
                empty={
                  <Message
                    small
                    title={filtered ? "No client matches" : "No clients yet"}
                    text={
                      filtered
                        ? "Try another name or fewer filters."
                        : "Clients appear here as soon as their records have come in."
                    }
                  />
                }
              />
              <Pager
                page={page}
                size={ROWS}
                shown={accounts.items.length}
                total={accounts.total}
                more={accounts.next_cursor !== null}
                onPage={(number) => change({ page: number === 1 ? null : String(number) })}
              />
            </>
          )}
        </Async>
      </Card>
    </>
  );
}

const MOST_ASSIGNED = 100;

type Chosen = ReadonlyMap<string, string>;

/** A box before each client's name, for what can be done with several. */
function withChoice(
  column: Column<Account, AccountSort>,
  chosen: Chosen,
  onChange: (chosen: Chosen) => void,
): Column<Account, AccountSort> {
  if (column.id !== NEVER_HIDDEN) return column;
  const toggle = (row: Account, on: boolean) => {
    const next = new Map(chosen);
    if (on) next.set(row.client_id, row.name);
    else next.delete(row.client_id);
    onChange(next);
  };
  return {
    ...column,
    cell: (row) => (
      <span className="with-choice">
        <input
          type="checkbox"
          aria-label={`Choose ${row.name}`}
          title="Choose it to assign it"
          checked={chosen.has(row.client_id)}
          disabled={!chosen.has(row.client_id) && chosen.size >= MOST_ASSIGNED}
          onChange={(event) => toggle(row, event.target.checked)}
        />
        {column.cell(row)}
      </span>
    ),
  };
}

/** The list does not name its model; its bands do. */
function modelOf(rows: Account[] | undefined): Model | null {
  const band = rows?.find((row) => row.band !== null)?.band as Band | undefined;
  if (!band) return null;
  return BANDS.deduction.includes(band) ? "deduction" : "weighted";
}

function Score({ row }: { row: Account }) {
  if (row.score === null) return NONE;
  return (
    <span title={row.provisional ? "Partial data: too few signals have data for a firm score" : undefined}>
      <strong>{row.score}</strong>
      {row.provisional && <span className="muted small"> partial data</span>}
    </span>
  );
}

interface ChoiceProps {
  label: string;
  value: string;
  options: [string, string][];
  onChange: (value: string) => void;
}

function Choice({ label, value, options, onChange }: ChoiceProps) {
  return (
    <label>
      <span className="visually-hidden">{label}</span>
      <select value={value} onChange={(event) => onChange(event.target.value)}>
        {options.map(([id, name]) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

interface ColumnsMenuProps {
  columns: Column<Account, AccountSort>[];
  hidden: string[];
  onChange: (hidden: string[]) => void;
}

function ColumnsMenu({ columns, hidden, onChange }: ColumnsMenuProps) {
  const menu = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    const close = (event: Event) => {
      const held = menu.current;
      if (!held?.open) return;
      if (event instanceof KeyboardEvent && event.key === "Escape") {
        held.open = false;
        held.querySelector("summary")?.focus();
      } else if (event.type === "pointerdown" && !held.contains(event.target as Node)) {
        held.open = false;
      }
    };
    addEventListener("keydown", close);
    addEventListener("pointerdown", close);
    return () => {
      removeEventListener("keydown", close);
      removeEventListener("pointerdown", close);
    };
  }, []);
  return (
    <details className="menu" ref={menu}>
      <summary className="button button-plain">
        <Line name="columns" size={16} />
        Columns
      </summary>
      <fieldset className="menu-panel">
        <legend className="visually-hidden">Columns shown</legend>
        {columns
          .filter((column) => column.id !== NEVER_HIDDEN)
          .map(({ id, label }) => (
            <label key={id} className="check">
              <input
                type="checkbox"
                checked={!hidden.includes(id)}
                onChange={(event) =>
                  onChange(
                    event.target.checked ? hidden.filter((each) => each !== id && each !== "none") : [...hidden, id],
                  )
                }
              />
              {label}
            </label>
          ))}
      </fieldset>
    </details>
  );
}
