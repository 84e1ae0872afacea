import { type FormEvent, useCallback, useEffect, useState } from "react";
import { useLocation } from "wouter";
import { useResource } from "../api/queries";
import { useMay } from "../session/context";
import { Badge } from "./Badge";
import { Dialog } from "./Dialog";
import { useKey } from "./keys";
import "./GoTo.css";

const SHOWN = 8;

/** `/` goes to the page's search, Ctrl-K (and `/` where there is none) to a client by name. */
export function GoTo() {
  const may = useMay("clients.read");
  const [open, setOpen] = useState(false);
  const search = useCallback(() => {
    const field = document.querySelector<HTMLInputElement>("main input[type=search]");
    if (field) field.focus();
    else if (may) setOpen(true);
  }, [may]);
  useKey("/", search);
  useEffect(() => {
    if (!may) return;
    const listen = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      if (!document.querySelector("dialog[open]")) setOpen(true);
    };
    addEventListener("keydown", listen);
    return () => removeEventListener("keydown", listen);
  }, [may]);
  return open ? <GoToDialog onClose={() => setOpen(false)} /> : null;
}

function GoToDialog({ onClose }: { onClose: () => void }) {
  const [text, setText] = useState("");
  const [chosen, setChosen] = useState(0);
  const [, navigate] = useLocation();
  const found = useResource("/v1/clients", { query: { q: text.trim(), limit: SHOWN } }, text.trim() !== "");
  const rows = text.trim() === "" ? [] : (found.data?.items ?? []);
  const go = (id: string | undefined) => {
    if (id === undefined) return;
    onClose();
    navigate(`/clients/${id}`);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    go(rows[chosen]?.client_id);
  };
  return (
    <Dialog title="Go to a client" onClose={onClose}>
      <form onSubmit={submit}>
        <input
          type="search"
          aria-label="Name of the client"
          placeholder="Name"
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            setChosen(0);
          }}
          onKeyDown={(event) => {
            const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
            if (step === 0) return;
            event.preventDefault();
            setChosen((held) => Math.max(0, Math.min(rows.length - 1, held + step)));
          }}
        />
        <ul className="go-to" aria-label="Clients">
          {rows.map((row, place) => (
            <li key={row.client_id}>
              <button
                type="button"
                className={place === chosen ? "go-to-on" : undefined}
                onClick={() => go(row.client_id)}
              >
                <span>{row.name}</span>
                {row.band && <Badge band={row.band} />}
              </button>
            </li>
          ))}
        </ul>
        <p className="muted small" role="status">
          {text.trim() === ""
            ? "Type a part of the name, then Enter."
            : found.data && rows.length === 0
              ? "No client has this in its name."
              : ""}
        </p>
      </form>
    </Dialog>
  );
}
