/** Keys without a modifier, while nobody is typing and no dialog is open. */
import { type RefObject, useEffect } from "react";

export function isFree(event: KeyboardEvent): boolean {
  const at = event.target as HTMLElement;
  const typing = at.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(at.tagName);
  return !typing && !event.altKey && !document.querySelector("dialog[open]");
}

export function useKey(key: string, run: () => void, enabled = true): void {
  useEffect(() => {
    if (!enabled) return;
    const listen = (event: KeyboardEvent) => {
      if (event.key !== key || event.ctrlKey || event.metaKey || !isFree(event)) return;
      event.preventDefault();
      run();
    };
    addEventListener("keydown", listen);
    return () => removeEventListener("keydown", listen);
  }, [key, run, enabled]);
}

const ROW = ".alert-list > li, .task-list > li, tbody > tr";

/** `j` and `k` go through a list's rows, `e` does what ends the one that has the focus. */
export function useListKeys(list: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (!["j", "k", "e"].includes(event.key) || event.ctrlKey || event.metaKey || !isFree(event)) return;
      const rows = [...(list.current?.querySelectorAll<HTMLElement>(ROW) ?? [])];
      const at = rows.findIndex((row) => row.contains(document.activeElement));
      if (event.key === "e") {
        rows[at]?.querySelector<HTMLElement>("[data-ends]")?.click();
        return;
      }
      const next = rows[event.key === "j" ? Math.min(at + 1, rows.length - 1) : Math.max(at - 1, 0)];
      next?.querySelector<HTMLElement>("a, button")?.focus();
      next?.scrollIntoView({ block: "nearest" });
      event.preventDefault();
    };
    addEventListener("keydown", listen);
    return () => removeEventListener("keydown", listen);
  }, [list]);
}
