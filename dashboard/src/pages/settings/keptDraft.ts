/** Drafts of settings, kept in the tab: who goes to another page and comes back, or reloads, loses nothing. */
import { useEffect, useState } from "react";
import { useSession } from "../../session/context";

const PREFIX = "client-health.draft.";

/** The draft that `stored` holds for this version, if it has the shape of today's; else null. */
export function keptDraft<Draft extends object>(stored: string | null, version: number, initial: Draft): Draft | null {
  if (stored === null) return null;
  const kept = JSON.parse(stored) as { version: number; draft: Draft };
  const isAlike = Object.keys(kept.draft).sort().join() === Object.keys(initial).sort().join();
  return kept.version === version && isAlike ? kept.draft : null;
}

/** A draft of version `version` of some settings, as `useState` has it. */
export function useKeptDraft<Draft extends object>(name: string, version: number, initial: Draft) {
  const { tenant, subject } = useSession().claims;
  const key = `${PREFIX}${tenant}.${subject}.${name}`;
  const state = useState(() => keptDraft(sessionStorage.getItem(key), version, initial) ?? initial);
  const [draft] = state;
  useEffect(() => {
    if (JSON.stringify(draft) === JSON.stringify(initial)) sessionStorage.removeItem(key);
    else sessionStorage.setItem(key, JSON.stringify({ version, draft }));
  }, [key, version, draft, initial]);
  return state;
}

export function forgetDrafts(): void {
  for (const key of Object.keys(sessionStorage)) if (key.startsWith(PREFIX)) sessionStorage.removeItem(key);
}
