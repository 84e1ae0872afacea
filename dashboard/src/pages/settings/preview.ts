/** What edited settings would make of scores. A preview holds for the version that it compares with. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useApi } from "../../api/queries";
import type { SentSettings } from "./draft";

const PATH = "/v1/settings/health-score/preview";

/** Of one client, or of the sample one; null settings wait. */
export function useResultPreview(version: number, settings: SentSettings | null, client: string | null) {
  const api = useApi();
  return useQuery({
    queryKey: [PATH, version, settings, client],
    queryFn: async ({ signal }) => {
      if (settings === null) throw new Error("there is nothing to preview yet");
      const { data } = await api.POST(PATH, { body: { settings, client_id: client, scope: null }, signal });
      if (data === undefined || !("after" in data)) throw new Error("the preview is not one of a score");
      return data;
    },
    enabled: settings !== null,
    placeholderData: keepPreviousData,
  });
}

/** Of all scored clients. */
export function usePortfolioPreview(version: number, settings: SentSettings) {
  const api = useApi();
  return useQuery({
    queryKey: [PATH, version, settings, "portfolio"],
    queryFn: async ({ signal }) => {
      const { data } = await api.POST(PATH, { body: { settings, client_id: null, scope: "portfolio" }, signal });
      if (data === undefined || !("crossing" in data)) throw new Error("the preview is not one of the portfolio");
      return data;
    },
  });
}
