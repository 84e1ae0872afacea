import { useMemo } from "react";
import { Link } from "wouter";
import { given } from "../api/client";
import { useResource } from "../api/queries";
import type { Model, Portfolio } from "../api/types";
import { BandTrend } from "../charts/BandTrend";
import { useCharts } from "../charts/Chart";
import { TrendLine } from "../charts/TrendLine";
import {
  average,
  BAND_ADVICE,
  BAND_NAMES,
  BAND_TONES,
  BANDS,
  count,
  date,
  instant,
  MODEL_NAMES,
  money,
  plural,
  share,
} from "../format";
import { useAddress } from "../ui/address";
import { Badge } from "../ui/Badge";
import { Bar } from "../ui/Bar";
import { Card, PageHead } from "../ui/Card";
import { type Column, DataTable } from "../ui/DataTable";
import { Delta } from "../ui/Delta";
import { ToneIcon } from "../ui/icons";
import { Segmented } from "../ui/Segmented";
import { Box, Boxes } from "../ui/Skeleton";
import { Async, Message } from "../ui/states";
import { useWhose } from "../ui/whose";
import { changeSentence } from "./changeSentence";
import { DataQuality } from "./DataQuality";
import "./HealthDashboardPage.css";

const MODELS = [
  { value: "weighted", label: MODEL_NAMES.weighted },
  { value: "deduction", label: MODEL_NAMES.deduction },
] as const;

export function HealthDashboardPage() {
  useCharts();
  const [address, change] = useAddress();
  const asked = MODELS.find(({ value }) => value === address.get("model"))?.value ?? null;
  const { mine, managers, choice } = useWhose();
  const query = given({ model: asked, account_manager_id: managers });
  const found = useResource("/v1/analytics/portfolio", { query });
  const of = mine ? "Your clients" : "The whole portfolio as of the last nightly run";
  return (
    <>
      <PageHead
        hint={found.data?.computed_at ? `${of}, ${mine ? "as of " : ""}${instant(found.data.computed_at)}.` : `${of}.`}
      >
        {choice}
        <Segmented<Model>
          label="Model"
          value={asked ?? found.data?.model ?? "weighted"}
          options={MODELS}
          onChange={(model) => change({ model })}
        />
      </PageHead>
      <Async of={found} shape={<Shape />}>
        {(portfolio) => (portfolio.computed_at === null ? <Nothing /> : <Panels portfolio={portfolio} />)}
      </Async>
    </>
  );
}

function Shape() {
  return (
    <>
      <Boxes className="figures" count={4} height={134} />
      <Boxes className="columns columns-2" count={2} height={440} />
      <Boxes className="columns columns-2" count={2} height={381} />
      <Box height={260} />
    </>
  );
}

function Nothing() {
  return (
    <section className="card">
      <Message title="No nightly run yet" text="The dashboard shows the portfolio once a night has been scored." />
    </section>
  );
}

function Panels({ portfolio }: { portfolio: Portfolio }) {
  return (
    <>
      <Bands portfolio={portfolio} />
      <div className="columns columns-2">
        <FastestDeclining rows={portfolio.fastest_declining} />
        <Industries portfolio={portfolio} />
      </div>
      <Trend portfolio={portfolio} />
      <Revenue portfolio={portfolio} />
      <DataQuality />
    </>
  );
}

function Bands({ portfolio }: { portfolio: Portfolio }) {
  const { average_score_change: change, insufficient_data: insufficient } = portfolio;
  return (
    <>
      <dl className="figures">
        <div className="card figure">
          <dt>Average score</dt>
          <dd>
            <span className="figure-line">
              <span className="figure-number">{average(portfolio.average_score)}</span>
              <Delta points={change.points} decimals={1} />
            </span>
            <span className="muted small">{changeSentence(change)}</span>
          </dd>
        </div>
        {portfolio.bands.map(({ band, count: number, share: part }) => (
          <div key={band} className={`card figure tone-${BAND_TONES[band]}`}>
            <dt>
              <ToneIcon tone={BAND_TONES[band]} />
              {BAND_NAMES[band]}
            </dt>
            <dd>
              <span className="figure-line">
                <span className="figure-number">
                  <Link href={`/accounts?model=${portfolio.model}&band=${band}`}>{count(number)}</Link>
                </span>
                <span className="muted">{share(part)}</span>
              </span>
              <span className="muted small">{BAND_ADVICE[band]}</span>
            </dd>
          </div>
        ))}
      </dl>
      {insufficient > 0 && (
        <p className="muted small card-foot">
          {plural(
            insufficient,
            "client has too little data to score and is",
            "clients have too little data to score and are",
          )}{" "}
          left out of averages.
        </p>
      )}
    </>
  );
}

type Declining = Portfolio["fastest_declining"][number];

const DECLINING: Column<Declining>[] = [
  { id: "name", label: "Client", cell: (row) => <Link href={`/clients/${row.client_id}`}>{row.name}</Link> },
  { id: "score", label: "Score", numeric: true, cell: (row) => <strong>{row.score}</strong> },
  { id: "velocity", label: "30 days", numeric: true, cell: (row) => <Delta points={row.velocity} /> },
  { id: "projected", label: "Projected", numeric: true, cell: (row) => row.projected_score },
];

function FastestDeclining({ rows }: { rows: Declining[] }) {
  return (
    <Card title="Fastest declining" hint="Biggest drops in 30 days, and the score in another 30 at this rate">
      <DataTable
        label="Fastest declining"
        columns={DECLINING}
        rows={rows}
        rowKey={(row) => row.client_id}
        empty={<Message small title="No client is declining" text="None has lost points in the last 30 days." />}
      />
    </Card>
  );
}

function Industries({ portfolio }: { portfolio: Portfolio }) {
  const rows = portfolio.average_by_industry.toSorted((a, b) => (a.average_score ?? 101) - (b.average_score ?? 101));
  return (
    <Card title="Average score by industry" hint="Lowest first">
      {rows.length === 0 ? (
        <Message small title="No industries" text="Set the industry of your clients to compare them." />
      ) : (
        <ul className="breakdown industries">
          {rows.map((row) => (
            <li key={row.industry}>
              <div>
                <Link className="breakdown-name" href={`/accounts?industry=${encodeURIComponent(row.industry)}`}>
                  {row.industry}
                </Link>{" "}
                <span className="muted small">{plural(row.clients, "client")}</span>
              </div>
              <Bar value={row.average_score ?? 0} tone="accent" />
              <strong className="breakdown-number">{average(row.average_score)}</strong>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}

function Trend({ portfolio }: { portfolio: Portfolio }) {
  const points = useMemo(
    () => portfolio.trend.map((day) => ({ date: day.date, value: day.average_score })),
    [portfolio.trend],
  );
  const days = useMemo(
    () => portfolio.trend.map(({ date, bands }) => ({ date, bands: { ...bands } })),
    [portfolio.trend],
  );
  const bands = useMemo(() => BANDS[portfolio.model].filter((band) => band !== "INSUFFICIENT_DATA"), [portfolio.model]);
  const first = points[0];
  const last = points.at(-1);
  if (!first || !last) {
    return (
      <Card title="Portfolio trend over 90 days">
        <Message small title="No history yet" text="The first night adds the first point." />
      </Card>
    );
  }
  return (
    <div className="columns columns-2">
      <Card title="Portfolio trend over 90 days" hint="Average score of all scored clients, night by night.">
        <TrendLine
          label={`Average score over 90 days: from ${average(first.value)} to ${average(last.value)}`}
          points={points}
          decimals={1}
          zoomed
          height={220}
        />
        <p className="muted small card-foot">
          From {average(first.value)} on {date(first.date)} to {average(last.value)} on {date(last.date)}. The axis does
          not start at 0.
        </p>
      </Card>
      <Card title="Clients by band" hint="How many were in each band, night by night.">
        <BandTrend
          label={`Clients by band, last night: ${bands
            .map((band) => `${BAND_NAMES[band]} ${days.at(-1)?.bands[band as keyof object] ?? 0}`)
            .join(", ")}`}
          bands={bands}
          days={days}
        />
        <p className="chips card-foot">
          {bands.map((band) => (
            <Badge key={band} band={band} />
          ))}
        </p>
      </Card>
    </div>
  );
}

function Revenue({ portfolio }: { portfolio: Portfolio }) {
  const rows = portfolio.revenue_by_band;
  const currencies = [...new Set(rows.map((row) => row.currency))];
  return (
    <Card title="Revenue by band" hint="Monthly recurring revenue of the clients in each band, per currency.">
      {rows.length === 0 ? (
        <Message small title="No revenue on record" text="Set the monthly recurring revenue of your clients." />
      ) : (
        <div className="currencies">
          {currencies.map((currency) => (
            <RevenueIn
              key={currency}
              model={portfolio.model}
              currency={currency}
              rows={rows.filter((row) => row.currency === currency)}
            />
          ))}
        </div>
      )}
    </Card>
  );
}

interface RevenueProps {
  model: Model;
  currency: string;
  rows: Portfolio["revenue_by_band"];
}

function RevenueIn({ model, currency, rows }: RevenueProps) {
  const total = rows.reduce((sum, row) => sum + Number(row.monthly_recurring_revenue), 0);
  return (
    <section aria-label={`Revenue in ${currency}`}>
      <h3>
        {currency} <span className="muted small">{money({ currency, amount: String(total) })} a month</span>
      </h3>
      <ul className="breakdown revenue">
        {rows.map((row) => {
          const part = total === 0 ? 0 : Number(row.monthly_recurring_revenue) / total;
          return (
            <li key={row.band}>
              <div>
                <Link href={`/accounts?model=${model}&band=${row.band}&sort=monthly_recurring_revenue&order=desc`}>
                  <Badge band={row.band} />
                </Link>
              </div>
              <Bar value={part * 100} tone={BAND_TONES[row.band]} />
              <span className="breakdown-number">
                <strong>{money({ currency, amount: row.monthly_recurring_revenue })}</strong>{" "}
                <span className="muted small">{share(part)}</span>
              </span>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
