/** What edited settings would make of scores. A preview holds for the version that it compares with. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useApi } from "../../api/queries";
import type { PortfolioPreview } from "../../api/types";
import { plural } from "../../format";
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

/** Who falls below the alert threshold: those who are not below the threshold in force already. */
export function fallSentence(alerts: PortfolioPreview["alerts"], threshold: number): string {
  const more = alerts.clients.filter(({ from }) => from === null || from >= threshold).length;
  if (more === 0) return "No more clients fall below the alert threshold.";
  const least = alerts.count > alerts.clients.length ? "At least " : "";
  const falls = plural(more, "more client falls", "more clients fall");
  return `${least}${falls} below the alert threshold. They are listed in one notice; a change of settings raises no alert of its own.`;
}
