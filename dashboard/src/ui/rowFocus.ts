/** Keeps the focus in a list whose rows leave, or lose their button, when they are acted on. */
import { type RefObject, useEffect, useRef } from "react";

const ROW = ".alert-list > li, .task-list > li, tbody > tr";

/** For the element around the list: after an action the focus goes to the row that stands in its place then. */
export function useRowFocus(rows: unknown): RefObject<HTMLDivElement | null> {
  const list = useRef<HTMLDivElement>(null);
  const acted = useRef(-1);

  useEffect(() => {
    const note = ({ target }: MouseEvent) => {
      const row = target instanceof Element && target.closest("button") ? target.closest(ROW) : null;
      acted.current = row === null ? -1 : [...(list.current?.querySelectorAll(ROW) ?? [])].indexOf(row);
    };
    const element = list.current;
    element?.addEventListener("click", note);
    return () => element?.removeEventListener("click", note);
  }, []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: when the rows change, the one that had the focus may be gone
  useEffect(() => {
    if (acted.current < 0 || document.activeElement !== document.body) return;
    const there = list.current?.querySelectorAll<HTMLElement>(ROW) ?? [];
    const row = there[Math.min(acted.current, there.length - 1)];
    (row?.querySelector("button") ?? row?.querySelector("a"))?.focus();
    acted.current = -1;
  }, [rows]);

  return list;
}
