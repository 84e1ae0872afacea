/** Calls of the API, typed by its document: the token and the problem documents are handled here and nowhere else. */
import createClient, { type Client } from "openapi-fetch";
import type { Session } from "../session/session";
import type { paths } from "./schema";

/** A response that is not a success, as RFC 9457 describes it. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly title: string,
    readonly detail: string,
    readonly requestId: string,
    readonly errors: { pointer: string; message: string }[] = [],
  ) {
    super(detail || title);
  }
}

/** What a call gives is a success: everything else is thrown, as a `Problem`. */
export type Api = Client<paths>;

export function newApi(session: Session, onUnauthorized: () => void): Api {
  const api = createClient<paths>();
  api.use({
    async onRequest({ request }) {
      request.headers.set("Authorization", `Bearer ${await session.token()}`);
    },
    async onResponse({ response }) {
      if (response.status === 401) onUnauthorized();
      if (!response.ok) throw await problemOf(response);
    },
    onError({ error }) {
      if (error instanceof DOMException && error.name === "AbortError") return error;
      return new Problem(0, "No connection", "The service cannot be reached. Check your connection and try again.", "");
    },
  });
  return api;
}

async function problemOf(response: Response): Promise<Problem> {
  try {
    const { title, detail, request_id: requestId, errors } = await response.json();
    return new Problem(response.status, title ?? "", detail ?? "", requestId ?? "", errors ?? []);
  } catch {
    return new Problem(response.status, response.statusText || `Error ${response.status}`, "", "");
  }
}

type Given<Values> = { [Name in keyof Values]?: Exclude<Values[Name], null | undefined> };

/** The parameters that have a value: what is null, undefined or empty is not sent. */
export function given<Values extends object>(values: Values): Given<Values> {
  const kept = Object.entries(values).filter(([, value]) => value !== null && value !== undefined && value !== "");
  return Object.fromEntries(kept) as Given<Values>;
}

/** A parameter that takes several values, with one or none. */
export function only<Value>(value: Value | null): Value[] {
  return value === null ? [] : [value];
}

/** The header that lets a change pass only if nobody else changed the settings meanwhile. */
export function ifVersion(version: number): { "If-Match": string } {
  return { "If-Match": `"${version}"` };
}
