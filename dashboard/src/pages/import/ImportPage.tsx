import { type DragEvent, useRef, useState } from "react";
import { useApi, useChange, useResource } from "../../api/queries";
import { count, instant } from "../../format";
import { useAddress } from "../../ui/address";
import { Button } from "../../ui/Button";
import { Card, PageHead } from "../../ui/Card";
import { Line } from "../../ui/icons";
import { Rows } from "../../ui/Skeleton";
import { Async, Message } from "../../ui/states";
import { Refusal } from "../settings/PublishDialog";
import { FirstSteps } from "./FirstSteps";
import { ENDINGS, refusal } from "./imports";
import { OneImport, STATE_NAMES } from "./OneImport";
import { sendFiles } from "./useImport";
import "./ImportPage.css";

export default function ImportPage() {
  const [address, change] = useAddress();
  const id = address.get("import");
  return (
    <>
      <PageHead hint="Exports of your help desk, your accounting or your surveys, as they are." />
      <div className="stack imported">
        {id ? (
          <OneImport key={id} id={id} onClose={() => change({ import: null })} />
        ) : (
          <>
            <FirstSteps />
            <Files onSent={(made) => change({ import: made })} />
            <Earlier onOpen={(made) => change({ import: made })} />
          </>
        )}
      </div>
    </>
  );
}

/** Where files are dropped or chosen, sent, and read for a preview. */
function Files({ onSent }: { onSent: (id: string) => void }) {
  const api = useApi();
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const [wrong, setWrong] = useState<string | null>(null);
  const [sent, setSent] = useState(0);
  const send = useChange(
    async (_, files: File[]) => {
      const named = files.map((file) => ({
        name: file.name,
        size: file.size,
        exported_at: new Date(Math.min(file.lastModified, Date.now())).toISOString().replace(/\.\d+Z$/, "Z"),
      }));
      const { data } = await api.POST("/v1/imports", { body: { files: named } });
      if (!data) throw new Error("There is no answer.");
      await sendFiles(files, data.upload, setSent);
      await api.POST("/v1/imports/{import_id}/preview", {
        params: { path: { import_id: data.id } },
        body: {},
      });
      return { data };
    },
    ["/v1/imports"],
  );
  const take = (chosen: FileList | null) => {
    const files = [...(chosen ?? [])];
    if (files.length === 0) return;
    const why = refusal(files);
    setWrong(why);
    setSent(0);
    if (why === null) send.mutate(files, { onSuccess: (made) => onSent(made.id) });
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    take(event.dataTransfer.files);
  };
  return (
    <Card
      title="Choose files"
      hint="CSV, Excel (.xlsx) or a ZIP of them, up to 200 MB each. Nothing is imported before you have seen it."
    >
      <fieldset
        aria-label="Files"
        className={over ? "drop drop-over" : "drop"}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={drop}
      >
        <Line name="upload" size={28} />
        <p>Drop your exports here</p>
        <Button kind="primary" busy={send.isPending} onClick={() => input.current?.click()}>
          {send.isPending ? `Sending (${sent} of ${send.variables.length})` : "Choose files"}
        </Button>
        <input
          ref={input}
          type="file"
          multiple
          accept={ENDINGS}
          aria-label="Files to import"
          className="visually-hidden"
          tabIndex={-1}
          onChange={(event) => {
            take(event.target.files);
            event.target.value = "";
          }}
        />
        <p className="muted small">
          Freshdesk, Zendesk, ServiceNow, Jira, HaloPSA, Autotask, ConnectWise, Xero, QuickBooks and SmileBack are
          recognised. Any other file is matched with you once.
        </p>
      </fieldset>
      {wrong !== null && (
        <p className="field-error" role="alert">
          {wrong}
        </p>
      )}
      {send.isError && <Refusal error={send.error} />}
    </Card>
  );
}

function Earlier({ onOpen }: { onOpen: (id: string) => void }) {
  const found = useResource("/v1/imports", {});
  return (
    <Card title="Imports of the last 7 days" hint="Their files are deleted after a week.">
      <Async of={found} shape={<Rows count={2} height={49} />}>
        {({ items }) =>
          items.length === 0 ? (
            <Message small title="None yet" text="What you import is listed here." />
          ) : (
            <ul className="imports">
              {items.map((each) => (
                <li key={each.id}>
                  <div>
                    <strong>{each.files.map((file) => file.name).join(", ")}</strong>
                    <p className="muted small">
                      {instant(each.created_at)} · {STATE_NAMES[each.state]}
                      {each.state === "DONE" && ` · ${count(each.accepted)} new or changed`}
                      {each.rejected > 0 && ` · ${count(each.rejected)} rows rejected`}
                    </p>
                  </div>
                  <Button
                    small
                    onClick={() => onOpen(each.id)}
                    aria-label={`Open the import of ${instant(each.created_at)}`}
                  >
                    Open
                  </Button>
                </li>
              ))}
            </ul>
          )
        }
      </Async>
    </Card>
  );
}
