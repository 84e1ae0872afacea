/** What the client's page shows beside the card. It is asked for together with the card, whose answer it does not need. */
import { given } from "../../api/client";
import { type Parameters, usePageAhead, useResourceAhead } from "../../api/queries";
import type { Model } from "../../api/types";
import { known, pageNumber, useAddress } from "../../ui/address";

export const HISTORY_ROWS = 20;
export const HIGHEST_SCORE = 100;
export const HISTORY = "/v1/clients/{client_id}/history";
export const PLAN = "/v1/clients/{client_id}/plan";
export const EXPLANATION = "/v1/clients/{client_id}/explanation";

export function historyParameters(id: string): Parameters<typeof HISTORY> {
  return { path: { client_id: id }, query: { limit: HISTORY_ROWS } };
}

export const ALERTS = "/v1/alerts";
export const TASKS = "/v1/tasks";
export const RECORDS = "/v1/clients/{client_id}/records";

/** The alerts that nobody has resolved yet. */
export function alertsParameters(id: string): Parameters<typeof ALERTS> {
  return { query: { client_id: id, status: ["OPEN", "ACKNOWLEDGED"] } };
}

export function tasksParameters(id: string): Parameters<typeof TASKS> {
  return { query: { client_id: id, status: ["OPEN"] } };
}

export function contractsParameters(id: string): Parameters<typeof RECORDS> {
  return { path: { client_id: id }, query: { for: "active_contract", limit: 200 } };
}

/** As many as one request lists; the journal shows the first few of them. */
export const ACTIVITY_ROWS = 100;
export const ACTIVITIES = "/v1/clients/{client_id}/activities";

export function activitiesParameters(id: string): Parameters<typeof ACTIVITIES> {
  return { path: { client_id: id }, query: { limit: ACTIVITY_ROWS } };
}

/** Without a model in the address it is the primary one, for the API as for the page. */
function modelOf(address: URLSearchParams): Model | null {
  return known<Model>(address.get("model"), ["weighted", "deduction"]);
}

export function explanationParameters(id: string, address: URLSearchParams): Parameters<typeof EXPLANATION> {
  return {
    path: { client_id: id },
    query: given({ model: modelOf(address), ...inOrder(day(address.get("from")), day(address.get("to"))) }),
  };
}

export function planParameters(id: string, address: URLSearchParams): Parameters<typeof PLAN> {
  return {
    path: { client_id: id },
    query: given({ model: modelOf(address), target: targetScore(address.get("target")) }),
  };
}

/** A score to reach; null for anything else that may stand in the address or a field. */
export function targetScore(text: string | null): number | null {
  const value = Number(text);
  return Number.isInteger(value) && value >= 1 && value <= HIGHEST_SCORE ? value : null;
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
  useResourceAhead(ALERTS, alertsParameters(id));
  useResourceAhead(TASKS, tasksParameters(id));
  useResourceAhead(RECORDS, contractsParameters(id));
  useResourceAhead(PLAN, planParameters(id, address));
  useResourceAhead(EXPLANATION, explanationParameters(id, address));
  usePageAhead(HISTORY, historyParameters(id), pageNumber(address));
  usePageAhead(ACTIVITIES, activitiesParameters(id), 1);
}
