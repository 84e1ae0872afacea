import { beforeEach, expect, test, vi } from "vitest";
import type { Session } from "../session/session";
import { type Api, given, ifVersion, newApi, only, Problem } from "./client";

const SESSION = { claims: {}, token: async () => "t-1", signOut: async () => {} } as unknown as Session;
const unauthorized = vi.fn();
const fetched = vi.fn<(request: Request) => Promise<Response>>();

beforeEach(() => {
  vi.clearAllMocks();
  const OfHost = class extends Request {
    constructor(input: string, init?: RequestInit) {
      super(new URL(input, "http://page.example"), init);
    }
  };
  vi.stubGlobal("Request", OfHost);
  vi.stubGlobal("fetch", fetched);
});

function api(): Api {
  return newApi(SESSION, unauthorized);
}

test("a call carries its token, its parameters and the version that it changes", async () => {
  fetched.mockImplementation(async () => Response.json({ items: [] }));
  const { data } = await api().GET("/v1/alerts", { params: { query: { status: ["OPEN", "RESOLVED"], limit: 5 } } });
  const request = fetched.mock.calls[0]?.[0];
  expect(data).toEqual({ items: [] });
  expect(request?.url).toBe("http://page.example/v1/alerts?status=OPEN&status=RESOLVED&limit=5");
  expect(request?.headers.get("Authorization")).toBe("Bearer t-1");
  const body = { at_risk_alert: { enabled: true }, note: null };
  await api().PUT("/v1/settings/workflows", { params: { header: ifVersion(4) }, body });
  expect(fetched.mock.calls[1]?.[0].headers.get("If-Match")).toBe('"4"');
  expect(await fetched.mock.calls[1]?.[0].json()).toEqual(body);
});

test("an id is written into its path as it has to be", async () => {
  fetched.mockImplementation(async () => new Response(null, { status: 204 }));
  await api().DELETE("/v1/settings/api-keys/{key_id}", { params: { path: { key_id: "a/b c" } } });
  expect(fetched.mock.calls[0]?.[0].url).toBe("http://page.example/v1/settings/api-keys/a%2Fb%20c");
});

test("what is not a success is thrown as its problem document says", async () => {
  const said = {
    title: "Unprocessable",
    detail: "No.",
    request_id: "r-1",
    errors: [{ pointer: "/name", message: "long" }],
  };
  fetched.mockImplementation(async () => Response.json(said, { status: 422 }));
  const error = await api()
    .GET("/v1/tasks")
    .catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(Problem);
  expect(error).toMatchObject({ status: 422, message: "No.", requestId: "r-1", errors: said.errors });
  expect(unauthorized).not.toHaveBeenCalled();
});

test("a refused token ends the session, and no connection is told", async () => {
  fetched.mockImplementationOnce(async () => new Response("<html>", { status: 401 }));
  await expect(api().GET("/v1/tasks")).rejects.toMatchObject({ status: 401 });
  expect(unauthorized).toHaveBeenCalledOnce();
  fetched.mockImplementationOnce(async () => Promise.reject(new TypeError("failed")));
  await expect(api().GET("/v1/tasks")).rejects.toMatchObject({ status: 0, title: "No connection" });
});

test("parameters without a value are not sent", () => {
  expect(given({ a: null, b: undefined, c: "", d: 0, e: "x", f: false })).toEqual({ d: 0, e: "x", f: false });
  expect([only(null), only("a")]).toEqual([[], ["a"]]);
});
