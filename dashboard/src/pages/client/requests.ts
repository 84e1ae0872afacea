/** What the client's page shows beside the card. It is asked for together with the card, whose answer it does not need. */
import { given } from "../../api/client";
import { type Parameters, usePageAhead, useResourceAhead } from "../../api/queries";
import type { Model } from "../../api/types";
import { known, pageNumber, useAddress } from "../../ui/address";

export const HISTORY_ROWS = 20;
export const HISTORY = "/v1/clients/{client_id}/history";
export const EXPLANATION = "/v1/clients/{client_id}/explanation";

export function historyParameters(id: string): Parameters<typeof HISTORY> {
  return { path: { client_id: id }, query: { limit: HISTORY_ROWS } };
}

/** Without a model in the address it is the primary one, for the API as for the page. */
export function explanationParameters(id: string, address: URLSearchParams): Parameters<typeof EXPLANATION> {
  const model = known<Model>(address.get("model"), ["weighted", "deduction"]);
  return {
    path: { client_id: id },
    query: given({ model, ...inOrder(day(address.get("from")), day(address.get("to"))) }),
  };
}

/** Two days in the order of the calendar, in whichever fields they were typed. */
export function inOrder(from: string | null, to: string | null): { from: string | null; to: string | null } {
  return from !== null && to !== null && from > to ? { from: to, to: from } : { from, to };
}

/** A day of the address; null for anything else that may stand there. */
export function day(text: string | null): string | null {
  return text !== null && /^\d{4}-\d{2}-\d{2}$/.test(text) ? text : null;
}

export function useRequestsAhead(id: string): void {
  const [address] = useAddress();
  useResourceAhead(EXPLANATION, explanationParameters(id, address));
  usePageAhead(HISTORY, historyParameters(id), pageNumber(address));
}
