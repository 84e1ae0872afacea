/** Own clients or everybody's: one choice for all pages, in the address and remembered for the next page. */
import type { ReactNode } from "react";
import { useSession } from "../session/context";
import { known, useAddress } from "./address";
import { Segmented } from "./Segmented";

type Whose = "mine" | "all";

const KEPT = "client-health.clients";
const CHOICES = [
  { value: "mine", label: "My clients" },
  { value: "all", label: "All" },
] as const;

export interface WhoseClients {
  mine: boolean;
  /** What the API is to filter by; nothing where all clients are asked for, or there are no others. */
  managers: string[];
  /** The switch; nothing for who has no choice. */
  choice: ReactNode;
}

export function useWhose(): WhoseClients {
  const [address, change] = useAddress();
  const { manager, ownAlone } = useSession().claims;
  if (manager === null || ownAlone) return { mine: ownAlone, managers: [], choice: null };
  const value = known<Whose>(address.get("clients"), ["mine", "all"]) ?? kept();
  const choose = (clients: Whose) => {
    localStorage.setItem(KEPT, clients);
    change({ clients, manager: null, page: null });
  };
  return {
    mine: value === "mine",
    managers: value === "mine" ? ["me"] : [],
    choice: <Segmented<Whose> label="Whose clients" value={value} options={CHOICES} onChange={choose} />,
  };
}

function kept(): Whose {
  return localStorage.getItem(KEPT) === "all" ? "all" : "mine";
}
