import { useEffect } from "react";

/** The document's title: what a tab, a bookmark and a screen reader call the page. Null leaves it as it is. */
export function useTitle(title: string | null): void {
  useEffect(() => {
    if (title !== null) document.title = `${title} · Client Health`;
  }, [title]);
}
