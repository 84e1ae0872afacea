import { useMemo } from "react";
import { Link } from "wouter";
import { given, only } from "../api/client";
import { usePage } from "../api/queries";
import type {
  ClientHealth,
  ClientHealthRow,
  ClientHealthSort,
  ClientStatus,
  IndicatorCode,
  Period,
  RiskIndicator,
} from "../api/types";
import { useCharts } from "../charts/Chart";
import { Donut } from "../charts/Donut";
import {
  average,
  BAND_ADVICE,
  BAND_NAMES,
  BAND_TONES,
  count,
  days,
  duration,
  instant,
  moneys,
  RISK_NAMES,
  share,
} from "../format";
import { useMay } from "../session/context";
import { known, oneOf, pageNumber, useAddress } from "../ui/address";
import { Badge } from "../ui/Badge";
import { Card, PageHead } from "../ui/Card";
import { type Column, DataTable, type Order, Pager } from "../ui/DataTable";
import { Delta } from "../ui/Delta";
import { Line, ToneIcon } from "../ui/icons";
import { SearchField } from "../ui/SearchField";
import { Segmented } from "../ui/Segmented";
import { Boxes, TableCard } from "../ui/Skeleton";
import { Async, Message } from "../ui/states";
import { useWhose } from "../ui/whose";
import { changeSentence } from "./changeSentence";
import { FirstSteps } from "./import/FirstSteps";
import "./ClientHealthPage.css";

const PERIODS = [
  { value: "7d", label: "7 days" },
  { value: "30d", label: "30 days" },
  { value: "90d", label: "90 days" },
  { value: "12m", label: "12 months" },
] as const;
const STATUSES: ClientStatus[] = ["HEALTHY", "AT_RISK", "CRITICAL"];
const ROWS = 25;

const COLUMNS: Column<ClientHealthRow, ClientHealthSort>[] = [
  {
    id: "name",
    label: "Client",
    sort: "name",
    cell: (row) => <Link href={`/clients/${row.client_id}?model=deduction`}>{row.name}</Link>,
  },
  { id: "status", label: "Health", sort: "status", cell: (row) => <Badge band={row.status} /> },
  { id: "score", label: "Score", sort: "score", numeric: true, cell: (row) => <strong>{row.score}</strong> },
  {
    id: "tickets",
    label: "Tickets",
    sort: "tickets",
    first: "desc",
    numeric: true,
    cell: (row) => <Tickets row={row} />,
  },
  { id: "open", label: "Open", sort: "open_tickets", first: "desc", numeric: true, cell: (row) => row.open_tickets },
  {
    id: "overdue",
    label: "Overdue",
    sort: "overdue_tickets",
    first: "desc",
    numeric: true,
    cell: (row) => <span className={row.overdue_tickets ? "tone-bad strong" : undefined}>{row.overdue_tickets}</span>,
  },
  {
    id: "response",
    label: "Avg first response",
    wrapped: true,
    sort: "average_first_response_hours",
    first: "desc",
    numeric: true,
    cell: (row) => duration(row.average_first_response_hours),
  },
  {
    id: "revenue",
    label: "Invoiced",
    sort: "revenue",
    first: "desc",
    numeric: true,
    cell: (row) => moneys(row.revenue),
  },
  {
    id: "activity",
    label: "Last Activity",
    sort: "days_since_last_activity",
    first: "desc",
    numeric: true,
    cell: (row) => (row.days_since_last_activity === 0 ? "today" : days(row.days_since_last_activity)),
  },
];

const SORTS = COLUMNS.flatMap((column) => column.sort ?? []);

/** Sums of money say over which time. */
function columnsOf(period: Period): typeof COLUMNS {
  const time = PERIODS.find(({ value }) => value === period)?.label;
  return COLUMNS.map((column) =>
    column.id === "revenue" ? { ...column, label: `${column.label}, ${time}`, wrapped: true } : column,
  );
}

export function ClientHealthPage() {
  useCharts();
  const mayImport = useMay("records.write");
  const [address, change] = useAddress();
  const period = oneOf<Period>(address.get("period"), ["7d", "30d", "90d", "12m"], "30d");
  const order: Order<ClientHealthSort> = {
    by: oneOf(address.get("sort"), SORTS, "score"),
    order: oneOf(address.get("order"), ["asc", "desc"], "asc"),
  };
  const status = known(address.get("status"), STATUSES);
  const indicator = known(address.get("indicator"), Object.keys(RISK_NAMES) as IndicatorCode[]);
  const text = address.get("q") ?? "";
  const page = pageNumber(address);
  const { mine, managers, choice } = useWhose();
  const query = given({
    period,
    sort: order.by,
    order: order.order,
    status: only(status),
    indicator: only(indicator),
    q: text,
    account_manager_id: managers,
    limit: ROWS,
  });
  const found = usePage("/v1/analytics/clients", { query }, page);

  return (
    <>
      <PageHead
        hint={`Based on tickets and contracts over the last ${PERIODS.find(({ value }) => value === period)?.label}`}
      >
        {choice}
        <Segmented
          label="Period"
          value={period}
          options={PERIODS}
          onChange={(value) => change({ period: value === "30d" ? null : value, page: null })}
        />
      </PageHead>
      <Async of={found} shape={<Shape />}>
        {(health) =>
          health.summary.total === 0 && mayImport && !mine ? (
            <FirstSteps elsewhere />
          ) : (
            <>
              <SummaryCards health={health} onChoose={(status) => change({ status, indicator: null, page: null })} />
              <div className="columns columns-5-7">
                <Distribution health={health} />
                <RiskIndicators
                  indicators={health.risk_indicators}
                  onChoose={(code) => change({ indicator: code, status: null, page: null })}
                />
              </div>
              <Card
                title="Client Health Details"
                hint={
                  health.computed_at === null
                    ? "No scores yet"
                    : `As of ${instant(health.computed_at)}.${
                        order.by === "score" && order.order === "asc" ? " The lowest scores come first." : ""
                      }`
                }
                actions={
                  <>
                    <SearchField
                      label="Search clients"
                      value={text}
                      onChange={(q) => change({ q, page: null }, true)}
                    />
                    <label className="select">
                      <span className="visually-hidden">Health</span>
                      <select
                        value={status ?? ""}
                        onChange={(event) => change({ status: event.target.value, page: null })}
                      >
                        <option value="">All statuses</option>
                        {STATUSES.map((each) => (
                          <option key={each} value={each}>
                            {BAND_NAMES[each]}
                          </option>
                        ))}
                      </select>
                    </label>
                    <label className="select">
                      <span className="visually-hidden">Risk indicator</span>
                      <select
                        value={indicator ?? ""}
                        onChange={(event) => change({ indicator: event.target.value, page: null })}
                      >
                        <option value="">All clients</option>
                        {Object.entries(RISK_NAMES).map(([code, name]) => (
                          <option key={code} value={code}>
                            {name}
                          </option>
                        ))}
                      </select>
                    </label>
                  </>
                }
              >
                <DataTable
                  label="Client Health Details"
                  columns={columnsOf(period)}
                  rows={health.clients}
                  rowKey={(row) => row.client_id}
                  order={order}
                  onOrder={({ by, order }) => change({ sort: by, order, page: null })}
                  empty={
                    <Message
                      small
                      title={health.summary.total === 0 ? "No clients yet" : "No client matches"}
                      text={
                        health.summary.total === 0
                          ? "Active clients appear here as soon as their records have come in."
                          : "Try another name or another status."
                      }
                    />
                  }
                />
                <Pager
                  page={page}
                  size={ROWS}
                  shown={health.clients.length}
                  total={health.total}
                  more={health.next_cursor !== null}
                  onPage={(number) => change({ page: number === 1 ? null : String(number) })}
                />
              </Card>
            </>
          )
        }
      </Async>
    </>
  );
}

function Shape() {
  return (
    <>
      <Boxes className="figures" count={4} height={115} />
      <Boxes className="columns columns-5-7" count={2} height={560} />
      <TableCard rows={ROWS} />
    </>
  );
}

function SummaryCards({ health, onChoose }: { health: ClientHealth; onChoose: (status: ClientStatus | null) => void }) {
  const { total, healthy, at_risk, critical } = health.summary;
  const cards = [
    { label: "Total Clients", count: total, says: "clients scored", tone: null, status: null },
    { label: "Healthy", count: healthy, says: "score of 70 or higher", tone: "good", status: "HEALTHY" },
    { label: "At Risk", count: at_risk, says: "score of 40–69", tone: "warn", status: "AT_RISK" },
    { label: "Critical", count: critical, says: "score below 40", tone: "bad", status: "CRITICAL" },
  ] as const;
  return (
    <dl className="figures">
      {cards.map(({ label, count: number, says, tone, status }) => (
        <div key={label} className={`card figure ${tone ? `tone-${tone}` : ""}`}>
          <dt>
            {tone && <ToneIcon tone={tone} />}
            {label}
          </dt>
          <dd>
            <span className="figure-number">
              <button type="button" className="figure-link" title={`Show them below`} onClick={() => onChoose(status)}>
                {count(number)}
              </button>
            </span>
            <span className="muted small">{says}</span>
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Distribution({ health }: { health: ClientHealth }) {
  const slices = useMemo(
    () =>
      health.distribution.map(({ status, count: number, share }) => ({
        label: BAND_NAMES[status],
        count: number,
        share,
        tone: BAND_TONES[status],
      })),
    [health.distribution],
  );
  const words = slices.map((slice) => `${slice.label} ${slice.count} (${share(slice.share)})`).join(", ");
  return (
    <Card title="Health Distribution" hint="Clients by status, and the average score of all of them.">
      <div className="distribution">
        <Donut slices={slices} label={`Clients by status: ${words}`}>
          <span className="donut-number">{average(health.average_score)}</span>
          <span className="muted small">Avg Score</span>
          <Delta points={health.average_score_change.points} decimals={1} />
        </Donut>
        <ul className="legend">
          {health.distribution.map((part) => (
            <li key={part.status}>
              <span className={`legend-name tone-${BAND_TONES[part.status]}`}>
                <ToneIcon tone={BAND_TONES[part.status]} />
                <span>{BAND_NAMES[part.status]}</span>
              </span>
              <span className="legend-value">
                <strong>{part.count}</strong> <span className="muted">{share(part.share)}</span>
              </span>
              <span className="muted small legend-advice">{BAND_ADVICE[part.status]}</span>
            </li>
          ))}
        </ul>
      </div>
      <p className="muted small card-foot">{changeSentence(health.average_score_change)}</p>
    </Card>
  );
}

const INDICATOR_RULES: Record<string, string> = {
  high_ticket_volume: "ticket volume up more than 50%",
  overdue_tickets: "open tickets past their due date",
  slow_response: "average first response over 8 hours",
  no_recent_activity: "no ticket for more than 60 days",
  contract_expiring: "the contract ends within 30 days",
  qbrs_cancelled: "the last two QBRs were cancelled",
};

interface IndicatorsProps {
  indicators: RiskIndicator[];
  onChoose: (code: IndicatorCode) => void;
}

function RiskIndicators({ indicators, onChoose }: IndicatorsProps) {
  return (
    <Card title="Risk Indicators" hint="Common issues, and the clients with the lowest scores among those affected.">
      {indicators.length === 0 ? (
        <Message small title="No risk indicators detected" />
      ) : (
        <ul className="indicators">
          {indicators.map((indicator) => (
            <li key={indicator.code}>
              <div className="indicator-head">
                <span className="tone-warn">
                  <Line name="warning" size={18} />
                </span>
                <span>
                  <strong>{indicator.label}</strong>{" "}
                  <span className="muted small">{INDICATOR_RULES[indicator.code]}</span>
                </span>
                <button
                  type="button"
                  className="count"
                  title="Show them below"
                  onClick={() => onChoose(indicator.code as IndicatorCode)}
                >
                  {indicator.count}
                  <span className="visually-hidden"> clients: show them below</span>
                </button>
              </div>
              <p className="indicator-names">
                {indicator.clients.map((client, place) => (
                  <span key={client.client_id}>
                    {place > 0 && ", "}
                    <Link href={`/clients/${client.client_id}?model=deduction`}>{client.name}</Link>
                  </span>
                ))}
                {indicator.count > indicator.clients.length && (
                  <>
                    {" and "}
                    <button
                      type="button"
                      className="figure-link"
                      onClick={() => onChoose(indicator.code as IndicatorCode)}
                    >
                      {indicator.count - indicator.clients.length} more
                    </button>
                  </>
                )}
              </p>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}

function Tickets({ row }: { row: ClientHealthRow }) {
  const { direction, percent } = row.tickets_change;
  const words =
    direction === "flat"
      ? "as many as in the period before"
      : `${direction} ${percent === null ? "from none" : `${Math.abs(percent).toFixed(1)}%`} on the period before`;
  return (
    <span className="tickets" title={words}>
      {row.tickets}
      <span className={direction === "up" ? "tickets-arrow tone-bad" : "tickets-arrow tone-good"}>
        {direction !== "flat" && <Line name={direction} size={14} />}
      </span>
      <span className="visually-hidden">, {words}</span>
    </span>
  );
}
