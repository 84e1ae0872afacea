/** How pages read and change what the API holds: React Query's cache around `Api`, typed by the API's document. */
import {
  keepPreviousData,
  QueryClient,
  queryOptions,
  type UseQueryResult,
  useMutation,
  usePrefetchQuery,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import type { PathsWithMethod, SuccessResponseJSON } from "openapi-typescript-helpers";
import { createContext, useContext } from "react";
import { type Api, Problem } from "./client";
import type { paths } from "./schema";

/** A path that can be read. */
export type Resource = PathsWithMethod<paths, "get">;
/** What a path takes: its `path` and `query`. */
export type Parameters<Path extends Resource> = paths[Path]["get"]["parameters"];
/** What a path returns. */
export type Answer<Path extends Resource> = SuccessResponseJSON<paths[Path]["get"]>;
/** A path that returns pages. */
export type List = { [Path in Resource]: Answer<Path> extends { next_cursor: string | null } ? Path : never }[Resource];

type Starts<Path extends string, Before extends string = ""> = Path extends `/${infer Part}/${infer Rest}`
  ? `${Before}/${Part}` | Starts<`/${Rest}`, `${Before}/${Part}`>
  : `${Before}${Path}`;
/** A path, or how some begin. */
export type Area = Starts<keyof paths>;

export const ApiContext = createContext<Api | null>(null);

export function useApi(): Api {
  const api = useContext(ApiContext);
  if (api === null) throw new Error("used outside of a session");
  return api;
}

/** Only what may pass on its own is tried again: no connection, throttling, a failure of the service. */
function isPassing(error: Error): boolean {
  return !(error instanceof Problem) || error.status === 0 || error.status === 429 || error.status >= 502;
}

export function newQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 30_000,
        networkMode: "always", // without a network a call fails and says so, instead of waiting without a word
        retry: (failures, error) => failures < 2 && isPassing(error),
        retryDelay: (attempt) => 400 * 2 ** attempt,
      },
    },
  });
}

/** The one place where the types of a path and of its answer are joined by our word. */
async function read<Path extends Resource>(
  api: Api,
  path: Path,
  params: Parameters<Path>,
  signal: AbortSignal,
): Promise<Answer<Path>> {
  const { data } = await api.GET(path, { params, signal } as never);
  return data as Answer<Path>;
}

function resourceOptions<Path extends Resource>(api: Api, path: Path, params: Parameters<Path>) {
  return queryOptions({
    queryKey: [path, params],
    queryFn: ({ signal }) => read(api, path, params, signal),
    placeholderData: keepPreviousData,
  });
}

/** One resource. What was shown before stays while another selection loads, so that nothing jumps. */
export function useResource<Path extends Resource>(
  path: Path,
  params: Parameters<Path>,
  enabled = true,
): UseQueryResult<Answer<Path>, Error> {
  return useQuery({ ...resourceOptions(useApi(), path, params), enabled });
}

/** Asks already now for what a part of the page will show with `useResource`. */
export function useResourceAhead<Path extends Resource>(path: Path, params: Parameters<Path>): void {
  usePrefetchQuery(resourceOptions(useApi(), path, params));
}

type Paged = { next_cursor: string | null };

function pageOptions<Path extends List>(
  api: Api,
  client: QueryClient,
  path: Path,
  params: Parameters<Path>,
  page: number,
) {
  const readAfter = (cursor: string | null, signal: AbortSignal) =>
    read(api, path, { ...params, query: { ...params.query, ...(cursor && { cursor }) } }, signal);
  return queryOptions({
    queryKey: [path, params, page],
    queryFn: async ({ signal }): Promise<Answer<Path>> => {
      const before = client.getQueryData<Paged>([path, params, page - 1]);
      if (page > 1 && before?.next_cursor) {
        try {
          return await readAfter(before.next_cursor, signal);
        } catch (error) {
          if (!(error instanceof Problem && error.status === 400)) throw error;
        }
      }
      let found = await readAfter(null, signal);
      for (let number = 2; number <= page; number += 1) {
        client.setQueryData([path, params, number - 1], found);
        const { next_cursor: cursor } = found as Paged;
        if (!cursor) break;
        found = await readAfter(cursor, signal);
      }
      return found;
    },
    placeholderData: keepPreviousData,
  });
}

/**
 * One page of a list, by its number. The API pages by cursors that expire, so an address names the page's number and
 * the way there is walked again where its cursor is not known.
 */
export function usePage<Path extends List>(
  path: Path,
  params: Parameters<Path>,
  page: number,
): UseQueryResult<Answer<Path>, Error> {
  return useQuery(pageOptions(useApi(), useQueryClient(), path, params, page));
}

/** Asks already now for what a part of the page will show with `usePage`. */
export function usePageAhead<Path extends List>(path: Path, params: Parameters<Path>, page: number): void {
  usePrefetchQuery(pageOptions(useApi(), useQueryClient(), path, params, page));
}

type Data<Reply> = Reply extends { data: infer Found } ? Found : never;

/** A change; what was read below the named areas is read again afterwards. */
export function useChange<Reply, Input = void>(
  call: (api: Api, input: Input) => Promise<Reply>,
  outdated: readonly Area[],
) {
  const api = useApi();
  const client = useQueryClient();
  return useMutation<Data<Reply>, Error, Input>({
    mutationFn: async (input) => ((await call(api, input)) as { data: Data<Reply> }).data,
    // Not waited for: what a caller does on success must not depend on whether it is still on the page by then.
    onSettled: () => {
      void client.invalidateQueries({
        predicate: ({ queryKey }) => outdated.some((area) => String(queryKey[0]).startsWith(area)),
      });
    },
  });
}
