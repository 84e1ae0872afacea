import { useState } from "react";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { Line } from "../../ui/icons";
import "./Print.css";

/** One A4 page of the client: with everything, or without what is internal, to be taken along. */
export function PrintButton() {
  const [open, setOpen] = useState(false);
  const print = (whom: "us" | "client") => {
    setOpen(false);
    document.documentElement.dataset.print = whom;
    // The dialog has to be gone, and a chart drawn at its printed size.
    requestAnimationFrame(() => requestAnimationFrame(() => window.print()));
  };
  return (
    <>
      <Button onClick={() => setOpen(true)}>
        <Line name="note" size={16} />
        Print
      </Button>
      {open && (
        <Dialog title="Print this page" onClose={() => setOpen(false)}>
          <p className="muted">One A4 page: score, signals, trend, what is open.</p>
          <div className="form-actions">
            <Button kind="primary" onClick={() => print("us")}>
              For us
            </Button>
            <Button onClick={() => print("client")}>For the client</Button>
            <Button onClick={() => setOpen(false)}>Cancel</Button>
          </div>
          <p className="muted small">
            For the client: without alerts and tasks, revenue, risks, the path, forecast and comparison.
          </p>
        </Dialog>
      )}
    </>
  );
}
