/** What the client's page shows beside the card. It is asked for together with the card, whose answer it does not need. */
import type { Query } from "../../api/client";
import { usePageAhead, useResourceAhead } from "../../api/queries";
import { pageNumber, useAddress } from "../../ui/address";

export const HISTORY_ROWS = 20;

const pathOf = (id: string) => `/clients/${encodeURIComponent(id)}`;

export function historyRequest(id: string, address: URLSearchParams): [string, Query, number] {
  return [`${pathOf(id)}/history`, { limit: HISTORY_ROWS }, pageNumber(address)];
}

/** Without a model in the address it is the primary one, for the API as for the page. */
export function explanationRequest(id: string, address: URLSearchParams): [string, Query] {
  const model = ["weighted", "deduction"].find((each) => each === address.get("model"));
  return [`${pathOf(id)}/explanation`, { model, from: day(address.get("from")), to: day(address.get("to")) }];
}

/** A day of the address; null for anything else that may stand there. */
export function day(text: string | null): string | null {
  return text !== null && /^\d{4}-\d{2}-\d{2}$/.test(text) ? text : null;
}

export function useRequestsAhead(id: string): void {
  const [address] = useAddress();
  useResourceAhead(...explanationRequest(id, address));
  usePageAhead(...historyRequest(id, address));
}
