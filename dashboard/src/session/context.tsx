import { createContext, useContext } from "react";
import type { Claims, Permission } from "./session";

export interface SignedIn {
  claims: Claims;
  signOut: () => void;
}

export const SessionContext = createContext<SignedIn | null>(null);

export function useSession(): SignedIn {
  const session = useContext(SessionContext);
  if (session === null) throw new Error("used outside of a session");
  return session;
}

/** Whether the token permits something. It decides what is shown, never what is allowed: that is the API's. */
export function useMay(permission: Permission): boolean {
  return useSession().claims.permissions.has(permission);
}
