import { useMemo, useState } from "react";
import { Link } from "wouter";
import { Problem } from "../../api/client";
import { useManagerNames } from "../../api/managers";
import { useResource } from "../../api/queries";
import { useToday } from "../../api/tenant";
import type { Card as CardAnswer, Model } from "../../api/types";
import { useCharts } from "../../charts/Chart";
import { TrendLine } from "../../charts/TrendLine";
import { date, instant, LIFECYCLE_NAMES, MODEL_NAMES, money, NONE, RISK_NAMES, words } from "../../format";
import { useMay } from "../../session/context";
import { AssignDialog } from "../../ui/AssignDialog";
import { oneOf, useAddress } from "../../ui/address";
import { Button } from "../../ui/Button";
import { Card, PageHead } from "../../ui/Card";
import { Line } from "../../ui/icons";
import { Segmented } from "../../ui/Segmented";
import { Box, Boxes, Skeleton } from "../../ui/Skeleton";
import { Failure, Message } from "../../ui/states";
import { useTitle } from "../../ui/title";
import { marksOf, useActivities } from "./activities";
import { Breakdown } from "./Breakdown";
import { ChangeExplained } from "./ChangeExplained";
import { OwnSystemLink } from "./CountedRecords";
import { contractEnd, lastQbr, nextQbr } from "./dates";
import { HistoryTable } from "./HistoryTable";
import { Journal } from "./Journal";
import { LogActivity } from "./LogActivity";
import { OpenMatters } from "./OpenMatters";
import { PathToTarget } from "./PathToTarget";
import { PrintButton } from "./Print";
import { Recalculate } from "./Recalculate";
import { contractsParameters, RECORDS, useRequestsAhead } from "./requests";
import { ScoreCards } from "./ScoreCards";
import "./ClientPage.css";

const MODELS = [
  { value: "weighted", label: MODEL_NAMES.weighted },
  { value: "deduction", label: MODEL_NAMES.deduction },
] as const;

export function ClientPage({ id }: { id: string }) {
  const card = useResource("/v1/clients/{client_id}/health", { path: { client_id: id } });
  useRequestsAhead(id);
  useCharts();
  const name = card.data?.client.name;
  useTitle(name ?? "Client");
  const [address, change] = useAddress();

  if (card.isError && card.data === undefined) {
    const unknown = card.error instanceof Problem && card.error.status === 404;
    return unknown ? (
      <Message title="There is no such client" text="It may have been entered under another id.">
        <Link href="/analytics/clients">Back to Client Health</Link>
      </Message>
    ) : (
      <Failure error={card.error} retry={() => void card.refetch()} />
    );
  }
  if (card.data === undefined) {
    return (
      <>
        <PageHead title="Client" hint="Loading…" />
        <Skeleton label="Loading the client">
          <Boxes className="columns columns-3" count={3} height={330} />
          <Box height={640} />
          <Box height={360} />
        </Skeleton>
      </>
    );
  }
  const { models } = card.data;
  const model = oneOf<Model>(address.get("model"), ["weighted", "deduction"], card.data.primary_model);
  return (
    <>
      <Head card={card.data} readAt={card.dataUpdatedAt} />
      <OpenMatters card={card.data} />
      {models === null ? (
        <Unscored card={card.data} />
      ) : (
        <>
          <div className="page-head">
            <Segmented
              label="Model"
              value={model}
              options={MODELS}
              onChange={(value) => change({ model: value === card.data.primary_model ? null : value }, true)}
            />
            <p className="muted small">Updated {instant(card.data.computed_at)}</p>
          </div>
          <ScoreCards card={card.data} model={model} />
          <PathToTarget card={card.data} model={model} />
          <Breakdown card={card.data} model={model} />
          <Trend card={card.data} model={model} />
          <ChangeExplained id={id} />
        </>
      )}
      <Journal id={id} />
      <HistoryTable id={id} model={model} actions={<Recalculate card={card.data} />} />
      <Flaws card={card.data} />
    </>
  );
}

function Head({ card, readAt }: { card: CardAnswer; readAt: number }) {
  const { client } = card;
  const managers = useManagerNames();
  const mayAssign = useMay("records.write");
  const [assigning, setAssigning] = useState(false);
  const manager = client.account_manager_id;
  const contracts = useResource(RECORDS, contractsParameters(client.client_id));
  const activities = useActivities(client.client_id);
  const today = useToday();
  const facts: [string, string, "internal"?][] = [
    ["Status", LIFECYCLE_NAMES[client.status] ?? client.status, "internal"],
    ["Industry", client.industry ?? NONE],
    ["Account manager", manager === null ? "Unassigned" : (managers.get(manager) ?? manager)],
    ["Client since", date(client.client_since)],
    ["Monthly revenue", client.monthly_recurring_revenue ? money(client.monthly_recurring_revenue) : NONE, "internal"],
    ["Contract", contracts.data ? contractEnd(contracts.data.items) : NONE],
    ["Last QBR", activities.data ? date(lastQbr(activities.data.items, today)) : NONE],
    ["Next QBR", activities.data ? date(nextQbr(activities.data.items, today)) : NONE],
  ];
  return (
    <header className="page-head">
      <div className="stack">
        <h1>{client.name}</h1>
        <OwnSystemLink id={client.client_id} />
        <dl className="facts small">
          {facts.map(([name, value, internal]) => (
            <div key={name} className={internal}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
        {card.risk_indicators.length > 0 && (
          <ul className="chips internal" aria-label="Risk indicators">
            {card.risk_indicators.map((code) => (
              <li key={code} className="chip">
                <span className="tone-warn">
                  <Line name="warning" size={14} />
                </span>
                {RISK_NAMES[code] ?? words(code)}
              </li>
            ))}
          </ul>
        )}
      </div>
      <div className="page-actions">
        <LogActivity card={card} readAt={readAt} />
        {mayAssign && <Button onClick={() => setAssigning(true)}>Assign</Button>}
        {assigning && <AssignDialog clients={[client]} onClose={() => setAssigning(false)} />}
        <PrintButton />
      </div>
    </header>
  );
}

function Unscored({ card }: { card: CardAnswer }) {
  const { status, archived, client_since } = card.client;
  const reason = archived
    ? "It is archived."
    : status === "INACTIVE" || status === "CHURNED"
      ? `Its status is ${LIFECYCLE_NAMES[status]}.`
      : `Starts on ${date(client_since)}.`;
  return (
    <section className="card">
      <Message title="This client is not scored" text={`${reason} Its history stays below, as it was.`} />
    </section>
  );
}

function Trend({ card, model }: { card: CardAnswer; model: Model }) {
  const points = useMemo(
    () => card.trend.map((point) => ({ date: point.date, value: point[model] })),
    [card.trend, model],
  );
  const markers = useMemo(
    () =>
      card.trend.flatMap((point, place) => {
        const before = card.trend[place - 1];
        return before && before.settings_version !== point.settings_version
          ? [{ date: point.date, text: `v${point.settings_version}` }]
          : [];
      }),
    [card.trend],
  );
  const activities = useActivities(card.client.client_id);
  const marks = useMemo(() => marksOf(activities.data), [activities.data]);
  const scores = points.flatMap((point) => (point.value === null ? [] : [point.value]));
  const last = points.at(-1);
  const label = scores.length
    ? `${MODEL_NAMES[model]} over 90 days: from ${scores[0]} to ${scores.at(-1)}, lowest ${Math.min(...scores)}, ` +
      `highest ${Math.max(...scores)}. The history below has every value.`
    : "";
  return (
    <Card
      title="90-day trend"
      hint={
        markers.length
          ? `The last score of each day. Dashed lines: settings changed (${markers
              .map((marker) => `${marker.text}: ${date(marker.date)}`)
              .join(", ")}).`
          : "The last score of each day. The settings did not change in this time."
      }
    >
      {last === undefined || scores.length === 0 ? (
        <Message small title="No history yet" text="The first night adds the first point." />
      ) : (
        <>
          <TrendLine label={label} points={points} markers={markers} marks={marks} height={260} />
          {marks.length > 0 && (
            <p className="muted small card-foot">
              Below the line: ● QBRs held, ▲ contacts with a decision-maker
              <span className="screen-only">; the journal has them all</span>.
            </p>
          )}
        </>
      )}
    </Card>
  );
}

function Flaws({ card }: { card: CardAnswer }) {
  if (card.data_quality.length === 0) return null;
  return (
    <Card title="Data quality" hint="Missing or doubtful data" className="screen-only">
      <ul className="stack">
        {card.data_quality.map((flaw) => (
          <li key={`${flaw.code} ${flaw.record_id}`}>
            <span className="tone-warn">
              <Line name="warning" size={16} />
            </span>{" "}
            {flaw.message}
          </li>
        ))}
      </ul>
      {card.data_quality_total > card.data_quality.length && (
        <p className="muted">and {card.data_quality_total - card.data_quality.length} more</p>
      )}
    </Card>
  );
}
