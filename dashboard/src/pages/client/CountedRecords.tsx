import { useState } from "react";
import { useResource } from "../../api/queries";
import type { HeldRecord, ScorePart } from "../../api/types";
import { date, instant, money, plural } from "../../format";
import { Button } from "../../ui/Button";
import { Line } from "../../ui/icons";
import { Async } from "../../ui/states";
import "./CountedRecords.css";

const RECORDS = "/v1/clients/{client_id}/records";
const FIRST = 20;
const MOST = 200;

interface Props {
  id: string;
  /** A signal or factor, and its name for people. */
  part: ScorePart;
  label: string;
}

/** The very records that a signal or factor counts, unfolded. */
export function CountedRecords({ id, part, label }: Props) {
  const [open, setOpen] = useState(false);
  return (
    <details className="counted" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        Records<span className="visually-hidden"> of {label}</span>
      </summary>
      {open && <Records id={id} part={part} />}
    </details>
  );
}

function Records({ id, part }: { id: string; part: ScorePart }) {
  const [limit, setLimit] = useState(FIRST);
  const found = useResource(RECORDS, { path: { client_id: id }, query: { for: part, limit } });
  return (
    <Async of={found} height={60}>
      {({ items, next_cursor }) =>
        items.length === 0 ? (
          <p className="muted small">No record counts here now.</p>
        ) : (
          <>
            <ul className="counted-records">
              {items.map((record) => (
                <li key={`${record.type} ${record.id}`}>
                  <RecordName record={record} />
                  <span className="muted">{describe(record)}</span>
                </li>
              ))}
            </ul>
            {next_cursor !== null &&
              (limit === FIRST ? (
                <Button small onClick={() => setLimit(MOST)}>
                  Show more
                </Button>
              ) : (
                <p className="muted small">These are the newest {MOST}.</p>
              ))}
          </>
        )
      }
    </Async>
  );
}

/** The record's id, leading into the tenant's own system where that has an address for it. */
export function RecordName({ record }: { record: Pick<HeldRecord, "id" | "link"> }) {
  if (!record.link) return <span className="record-id">{record.id}</span>;
  return (
    <a className="record-id" href={record.link} target="_blank" rel="noopener noreferrer">
      {record.id}
      <Line name="external" size={13} />
      <span className="visually-hidden"> (opens in a new tab)</span>
    </a>
  );
}

/** Leads to the client in the tenant's own system, where that has an address for it. */
export function OwnSystemLink({ id }: { id: string }) {
  const own = useResource(RECORDS, { path: { client_id: id }, query: { type: "client" } }).data?.items[0];
  return own?.link ? (
    <p className="small">
      In your own system: <RecordName record={own} />
    </p>
  ) : null;
}

/** What a record says that matters to its signal. */
function describe(record: HeldRecord): string {
  const said = (record: HeldRecord): (string | false | undefined)[] => {
    switch (record.type) {
      case "ticket":
        return [
          record.priority ?? undefined,
          `opened ${instant(record.created_at)}`,
          record.first_response_at ? `answered ${instant(record.first_response_at)}` : "not answered",
          record.due_at && `due ${instant(record.due_at)}`,
          record.closed_at && `closed ${instant(record.closed_at)}`,
        ];
      case "contract":
        return [
          `from ${date(record.start_date)}`,
          record.end_date ? `to ${date(record.end_date)}` : "open-ended",
          record.status?.toLowerCase(),
        ];
      case "invoice":
        return [
          record.total && money(record.total),
          record.total && record.balance
            ? `${money({ currency: record.total.currency, amount: record.balance })} still owed`
            : undefined,
          `due ${date(record.due_on)}`,
          record.status?.toLowerCase(),
        ];
      case "survey":
        return [`${record.kind} ${record.score}`, instant(record.responded_at)];
      case "billable_month":
        return [
          record.month ?? undefined,
          `${record.billable_hours} h`,
          record.budget_hours !== undefined && `budget ${record.budget_hours} h`,
        ];
      case "qbr":
        return [`held ${date(record.held_on)}`, record.decision_maker_present && "with a decision-maker"];
      case "touchpoint":
        return [
          record.kind?.toLowerCase(),
          instant(record.occurred_at),
          record.with_decision_maker && "with a decision-maker",
        ];
      case "assessment":
        return [`score ${record.standardization_score}`, `assessed ${date(record.completed_on)}`];
      case "reconciliation":
        return [
          `${record.used_quantity} used of ${record.contracted_quantity} contracted`,
          `on ${date(record.completed_on)}`,
        ];
      case "headcount":
        return [plural(record.employees ?? 0, "employee"), `on ${date(record.recorded_on)}`];
      default:
        return [];
    }
  };
  return said(record).filter(Boolean).join(" · ");
}
