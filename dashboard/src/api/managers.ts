/** The account managers, for the pages that name them. */
import { useMemo } from "react";
import { useMay } from "../session/context";
import { useResource } from "./queries";

/** The whole list, for those who may read it; shared by all pages. */
export function useManagers() {
  return useResource("/v1/account-managers", { query: { limit: 200 } }, useMay("clients.read"));
}

/** Names by id; empty until they are there, and for those who may not read them. */
export function useManagerNames(): Map<string, string> {
  const { data } = useManagers();
  return useMemo(() => new Map(data?.items.map(({ id, name }) => [id, name])), [data]);
}
