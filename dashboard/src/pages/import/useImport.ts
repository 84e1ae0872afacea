/** An import as the service has it, asked for again while it is under way; and the sending of files. */
import { useQuery } from "@tanstack/react-query";
import { useApi } from "../../api/queries";
import { isUnderWay } from "./imports";

const ASKED_EVERY_MS = 1000;
export const IMPORTS = "/v1/imports/{import_id}";

export function useImport(id: string) {
  const api = useApi();
  return useQuery({
    queryKey: [IMPORTS, id],
    queryFn: async ({ signal }) => {
      const { data } = await api.GET(IMPORTS, { params: { path: { import_id: id } }, signal });
      if (!data) throw new Error("There is no answer.");
      return data;
    },
    staleTime: 0,
    refetchInterval: ({ state }) => (state.data && isUnderWay(state.data) ? ASKED_EVERY_MS : false),
  });
}

/** Sends files to the addresses that the service signed for them. Throws an Error with what to tell. */
export async function sendFiles(
  files: readonly File[],
  upload: readonly { url: string; headers: Record<string, string> }[],
  told: (sent: number) => void,
): Promise<void> {
  for (const [place, file] of files.entries()) {
    const address = upload[place];
    if (!address) throw new Error(`${file.name} has no address.`);
    let sent: Response;
    try {
      sent = await fetch(address.url, { method: "PUT", headers: address.headers, body: file });
    } catch {
      throw new Error(`${file.name} could not be sent. Check your connection and choose it again.`);
    }
    if (!sent.ok) throw new Error(`${file.name} could not be sent (${sent.status}). Choose it again.`);
    told(place + 1);
  }
}
