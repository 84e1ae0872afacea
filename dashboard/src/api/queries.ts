/** How pages read and change what the API holds: React Query's cache around `Api`. */
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
import { createContext, useContext } from "react";
import { type Api, type Call, Problem, type Query } from "./client";

export const ApiContext = createContext<Api | null>(null);

export function useApi(): Api {
  const api = useContext(ApiContext);
  if (api === null) throw new Error("used outside of a session");
  return api;
}

/** Only what may pass by itself is tried again: no connection, throttling, a failure of the service. */
function isPassing(error: Error): boolean {
  return !(error instanceof Problem) || error.status === 0 || error.status === 429 || error.status >= 502;
}

export function newQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 30_000,
        retry: (failures, error) => failures < 2 && isPassing(error),
        retryDelay: (attempt) => 400 * 2 ** attempt,
      },
    },
  });
}

function resourceOptions<T>(api: Api, path: string, query: Query) {
  return queryOptions({
    queryKey: [path, query],
    queryFn: ({ signal }) => api.call<T>(path, { query, signal }),
    placeholderData: keepPreviousData,
  });
}

/** One resource. What was shown before stays while another selection loads, so that nothing jumps. */
export function useResource<T>(path: string, query: Query = {}, enabled = true): UseQueryResult<T, Error> {
  return useQuery({ ...resourceOptions<T>(useApi(), path, query), enabled });
}

/** Asks already now for what a part of the page will show with `useResource`. */
export function useResourceAhead(path: string, query: Query = {}): void {
  usePrefetchQuery(resourceOptions(useApi(), path, query));
}

function pageOptions<T extends { next_cursor: string | null }>(
  api: Api,
  client: QueryClient,
  path: string,
  query: Query,
  page: number,
) {
  return queryOptions({
    queryKey: [path, query, page],
    queryFn: async ({ signal }) => {
      const before = client.getQueryData<T>([path, query, page - 1]);
      let found: T | undefined;
      if (page > 1 && before?.next_cursor) {
        try {
          return await api.call<T>(path, { query: { ...query, cursor: before.next_cursor }, signal });
        } catch (error) {
          if (!(error instanceof Problem && error.status === 400)) throw error;
        }
      }
      for (let number = 1; number <= page; number += 1) {
        if (number > 1 && !found?.next_cursor) break;
        found = await api.call<T>(path, { query: { ...query, cursor: found?.next_cursor }, signal });
        client.setQueryData([path, query, number], found);
      }
      return found as T;
    },
    placeholderData: keepPreviousData,
  });
}

/**
 * One page of a list, by its number. The API pages by cursors that expire, so an address names the page's number and
 * the way there is walked again where its cursor is not known.
 */
export function usePage<T extends { next_cursor: string | null }>(
  path: string,
  query: Query,
  page: number,
): UseQueryResult<T, Error> {
  return useQuery(pageOptions<T>(useApi(), useQueryClient(), path, query, page));
}

/** Asks already now for what a part of the page will show with `usePage`. */
export function usePageAhead(path: string, query: Query, page: number): void {
  usePrefetchQuery(pageOptions(useApi(), useQueryClient(), path, query, page));
}

/** A change; what the named paths hold is read again afterwards. */
export function useChange<Answer, Input>(call: (input: Input) => [string, Call], outdated: string[]) {
  const api = useApi();
  const client = useQueryClient();
  return useMutation<Answer, Error, Input>({
    mutationFn: (input) => api.call<Answer>(...call(input)),
    // Not waited for: what a caller does on success must not depend on whether it is still on the page by then.
    onSettled: () => {
      void client.invalidateQueries({
        predicate: ({ queryKey }) => outdated.some((path) => String(queryKey[0]).startsWith(path)),
      });
    },
  });
}
