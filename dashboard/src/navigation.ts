/** Which pages a token opens, and where they stand in the navigation. */
import type { Permission } from "./session/session";
import type { IconName } from "./ui/icons";

export const GROUPS = ["Today", "Analytics", "Clients", "Settings"] as const;

export interface Place {
  path: string;
  /** What the tab, the heading and the navigation call the page; without one it names itself. */
  title?: string;
  needs: Permission;
  /** For account managers alone: it is about their own clients. */
  mine?: true;
  navigation?: {
    group: (typeof GROUPS)[number];
    icon: IconName;
    /** Where the navigation says more than the title. */
    label?: string;
    /** Other pages that belong to this entry. */
    also?: readonly string[];
  };
}

export interface Entry {
  to: string;
  label: string;
  icon: IconName;
  also: readonly string[];
}

export interface Visitor {
  permissions: ReadonlySet<string>;
  manager: string | null;
}

/** The navigation for somebody with these permissions: groups in their order, without the empty ones. */
export function navigationFor(places: readonly Place[], { permissions, manager }: Visitor): [string, Entry[]][] {
  const entries = (group: string): Entry[] =>
    places.flatMap(({ path, title, needs, mine, navigation }) =>
      navigation?.group === group && permissions.has(needs) && (!mine || manager !== null)
        ? { to: path, label: navigation.label ?? title ?? path, icon: navigation.icon, also: navigation.also ?? [] }
        : [],
    );
  return GROUPS.map((group): [string, Entry[]] => [group, entries(group)]).filter(([, found]) => found.length > 0);
}

/** The first page of the navigation that these permissions open; null if there is none. */
export function homeFor(places: readonly Place[], visitor: Visitor): string | null {
  return navigationFor(places, visitor)[0]?.[1][0]?.to ?? null;
}

export function isHere(entry: Entry, location: string): boolean {
  return [entry.to, ...entry.also].some((path) => location.startsWith(path));
}
