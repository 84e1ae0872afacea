import { useState } from "react";
import { ifVersion } from "../../api/client";
import { useChange, useResource } from "../../api/queries";
import type { BusinessHours, Weekday } from "../../api/types";
import { date } from "../../format";
import { useMay } from "../../session/context";
import { Button } from "../../ui/Button";
import { Card, PageHead } from "../../ui/Card";
import { Line } from "../../ui/icons";
import { Box } from "../../ui/Skeleton";
import { Async } from "../../ui/states";
import { useToast } from "../../ui/toasts";
import { useKeptDraft } from "./keptDraft";
import { Refusal } from "./PublishDialog";
import "./BusinessHoursPage.css";

const DAYS: [Weekday, string][] = [
  ["mon", "Monday"],
  ["tue", "Tuesday"],
  ["wed", "Wednesday"],
  ["thu", "Thursday"],
  ["fri", "Friday"],
  ["sat", "Saturday"],
  ["sun", "Sunday"],
];
/** 8:30 as 08:30; anything else as it is. */
export function fullClock(text: string): string {
  return /^\d:[0-5]\d$/.test(text.trim()) ? `0${text.trim()}` : text;
}

const CLOCK = /^([01]\d|2[0-3]):[0-5]\d$|^24:00$/;

export function BusinessHoursPage() {
  const found = useResource("/v1/settings/business-hours", {});
  return (
    <>
      <PageHead hint="First-response times count the hours in which you are open, in your own time zone." />
      <Async of={found} shape={[500, 183, 202].map((height) => <Box key={height} height={height} />)}>
        {(hours) => <Editor hours={hours} key={hours.version} />}
      </Async>
    </>
  );
}

const OFFICE_HOURS = Object.fromEntries(
  (["mon", "tue", "wed", "thu", "fri"] as const).map((day) => [day, [["08:00", "17:00"]]]),
);

function Editor({ hours }: { hours: BusinessHours }) {
  const mayWrite = useMay("settings.write");
  const say = useToast();
  const [draft, setDraft] = useKeptDraft("business-hours", hours.version, hours);
  const [holiday, setHoliday] = useState("");
  const [note, setNote] = useState("");
  const save = useChange(
    (api) =>
      api.PUT("/v1/settings/business-hours", {
        params: { header: ifVersion(hours.version) },
        body: { enabled: draft.enabled, weekly: draft.weekly, holidays: draft.holidays, note: note.trim() || null },
      }),
    ["/v1/settings", "/v1/analytics", "/v1/clients"],
  );
  const changed = JSON.stringify(draft) !== JSON.stringify(hours);
  const wrong = DAYS.flatMap(([day]) => draft.weekly[day]).some((span) => !span.every((clock) => CLOCK.test(clock)));
  const setDay = (day: Weekday, spans: string[][]) => setDraft({ ...draft, weekly: { ...draft.weekly, [day]: spans } });
  const run = () =>
    save.mutate(undefined, {
      onSuccess: ({ version }) => say(`Version ${version} published with these business hours.`),
    });

  return (
    <div className="stack">
      {!mayWrite && (
        <p className="notice">You can read the business hours. Changing them needs the permission settings.write.</p>
      )}
      <fieldset disabled={!mayWrite} className="stack">
        <legend className="visually-hidden">Business hours</legend>
        <Card
          title="Opening hours"
          hint="24-hour times. An end before the start means the next day."
          actions={
            DAYS.every(([day]) => draft.weekly[day].length === 0) && (
              <Button
                small
                onClick={() => setDraft({ ...draft, enabled: true, weekly: { ...draft.weekly, ...OFFICE_HOURS } })}
              >
                Monday to Friday, 08:00–17:00
              </Button>
            )
          }
        >
          <label className="check">
            <input
              type="checkbox"
              checked={draft.enabled}
              onChange={(event) => setDraft({ ...draft, enabled: event.target.checked })}
            />
            <span>
              Count business hours only
              <span className="muted small"> – off, every hour of the calendar counts</span>
            </span>
          </label>
          <ul className="week card-foot">
            {DAYS.map(([day, name]) => (
              <li key={day}>
                <span className="week-day">{name}</span>
                <Day name={name} spans={draft.weekly[day]} onChange={(spans) => setDay(day, spans)} />
              </li>
            ))}
          </ul>
        </Card>
        <Card title="Holidays" hint="Closed on these days">
          <ul className="chips">
            {draft.holidays.map((each) => (
              <li key={each} className="chip">
                {date(each)}
                <button
                  type="button"
                  className="chip-remove"
                  aria-label={`Remove ${date(each)}`}
                  onClick={() => setDraft({ ...draft, holidays: draft.holidays.filter((other) => other !== each) })}
                >
                  <Line name="close" size={12} />
                </button>
              </li>
            ))}
            {draft.holidays.length === 0 && <li className="muted">None yet.</li>}
          </ul>
          <div className="form-actions">
            <label className="field field-row">
              <span>Day</span>
              <input type="date" value={holiday} onChange={(event) => setHoliday(event.target.value)} />
            </label>
            <Button
              disabled={!holiday || draft.holidays.includes(holiday)}
              onClick={() => {
                setDraft({ ...draft, holidays: [...draft.holidays, holiday].sort() });
                setHoliday("");
              }}
            >
              Add holiday
            </Button>
          </div>
        </Card>
      </fieldset>
      {mayWrite && (
        <Card title="Publish">
          <label className="field">
            <span>Note</span>
            <input value={note} maxLength={500} onChange={(event) => setNote(event.target.value)} />
          </label>
          {save.isError && <Refusal error={save.error} />}
          {wrong && <p className="field-error small">Some times are not written as 08:30.</p>}
          <div className="form-actions">
            <Button kind="primary" onClick={run} busy={save.isPending} disabled={!changed || wrong}>
              Save business hours
            </Button>
            <Button disabled={!changed} onClick={() => setDraft(hours)}>
              Discard changes
            </Button>
            {changed && (
              <span className="muted small" role="status">
                Unpublished changes
              </span>
            )}
          </div>
        </Card>
      )}
    </div>
  );
}

interface DayProps {
  name: string;
  spans: string[][];
  onChange: (spans: string[][]) => void;
}

function Day({ name, spans, onChange }: DayProps) {
  const set = (place: number, end: 0 | 1, clock: string) =>
    onChange(
      spans.map((span, each) => (each === place ? span.map((old, side) => (side === end ? clock : old)) : span)),
    );
  return (
    <div className="intervals">
      {spans.length === 0 && <span className="muted">Closed</span>}
      {spans.map((span, place) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: an interval has no identity but its place
        <span key={place} className="interval">
          {([0, 1] as const).map((end) => (
            <input
              key={end}
              value={span[end] ?? ""}
              aria-label={`${name}, interval ${place + 1}, ${end === 0 ? "opens" : "closes"}`}
              aria-invalid={CLOCK.test(span[end] ?? "") ? undefined : true}
              maxLength={5}
              inputMode="numeric"
              onChange={(event) => set(place, end, event.target.value)}
              onBlur={(event) => set(place, end, fullClock(event.target.value))}
            />
          ))}
          <Button
            kind="quiet"
            small
            aria-label={`Remove interval ${place + 1} of ${name}`}
            onClick={() => onChange(spans.filter((_, each) => each !== place))}
          >
            <Line name="trash" size={16} />
          </Button>
        </span>
      ))}
      <Button
        kind="quiet"
        small
        aria-label={`Add an interval to ${name}`}
        onClick={() => onChange([...spans, spans.length === 0 ? ["08:00", "17:00"] : ["18:00", "20:00"]])}
      >
        <Line name="plus" size={16} />
        Add
      </Button>
    </div>
  );
}
