/** What is done a few seconds later, so that it can be taken back: for what the API never undoes. */
import { useCallback, useState } from "react";
import { useToast } from "./toasts";

export const UNDO_MS = 6000;

/** What waits, by what it is about. Leaving the page does it at once. */
const waiting = new Map<string, () => void>();
addEventListener("pagehide", () => {
  for (const run of [...waiting.values()]) run();
});

export interface Undoable {
  /** What is about to happen, by its id. */
  pending: ReadonlySet<string>;
  later: (id: string, text: string, run: () => void) => void;
}

export function useUndoable(): Undoable {
  const say = useToast();
  const [pending, setPending] = useState<ReadonlySet<string>>(new Set());
  const later = useCallback(
    (id: string, text: string, run: () => void) => {
      const end = () => {
        clearTimeout(timer);
        waiting.delete(id);
      };
      const timer = setTimeout(() => waiting.get(id)?.(), UNDO_MS);
      waiting.set(id, () => {
        end();
        run();
      });
      setPending((all) => new Set([...all, id]));
      say(text, "good", {
        label: "Undo",
        run: () => {
          end();
          setPending((all) => new Set([...all].filter((each) => each !== id)));
        },
        forMs: UNDO_MS,
      });
    },
    [say],
  );
  return { pending, later };
}
