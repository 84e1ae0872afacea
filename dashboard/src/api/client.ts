/** Calls of the API: the token, the ETag and the problem documents are handled here and nowhere else. */
import type { Session } from "../session/session";

/** An answer that is not a success, as RFC 9457 describes it. */
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

export type Query = Record<string, string | number | null | undefined>;

export interface Call {
  method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  query?: Query;
  body?: unknown;
  ifMatch?: number;
  idempotencyKey?: string;
  signal?: AbortSignal;
}

export class Api {
  constructor(
    private readonly session: Session,
    private readonly onUnauthorized: () => void,
  ) {}

  async call<T>(path: string, call: Call = {}): Promise<T> {
    const headers: Record<string, string> = { Authorization: `Bearer ${await this.session.token()}` };
    if (call.body !== undefined) headers["Content-Type"] = "application/json";
    if (call.ifMatch !== undefined) headers["If-Match"] = `"${call.ifMatch}"`;
    if (call.idempotencyKey !== undefined) headers["Idempotency-Key"] = call.idempotencyKey;
    let answer: Response;
    try {
      answer = await fetch(`/v1${path}${queryString(call.query)}`, {
        method: call.method ?? "GET",
        headers,
        body: call.body === undefined ? null : JSON.stringify(call.body),
        signal: call.signal ?? null,
      });
    } catch (error) {
      if (error instanceof DOMException && error.name === "AbortError") throw error;
      throw new Problem(0, "No connection", "The service cannot be reached. Check your connection and try again.", "");
    }
    if (answer.status === 401) this.onUnauthorized();
    if (!answer.ok) throw await problemOf(answer);
    if (answer.status === 204) return undefined as T;
    return (await answer.json()) as T;
  }
}

function queryString(query: Query | undefined): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== null && value !== undefined && value !== "") parameters.set(name, String(value));
  }
  const text = parameters.toString();
  return text && `?${text}`;
}

async function problemOf(answer: Response): Promise<Problem> {
  try {
    const said = await answer.json();
    return new Problem(answer.status, said.title ?? "", said.detail ?? "", said.request_id ?? "", said.errors ?? []);
  } catch {
    return new Problem(answer.status, answer.statusText || `Error ${answer.status}`, "", "");
  }
}
