import { useEffect } from "react";

/** The document's title: what a tab, a bookmark and a screen reader call the page. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Client Health`;
  }, [title]);
}
