import { expect, test } from "vitest";
import { homeFor, isHere, navigationFor, type Place } from "./navigation";

const who = (permissions: string[], manager: string | null = null) => ({ permissions: new Set(permissions), manager });

const PLACES: Place[] = [
  { path: "/reports", title: "Reports", needs: "reports.read", navigation: { group: "Analytics", icon: "pulse" } },
  { path: "/clients/:id", needs: "reports.read" },
  {
    path: "/clients",
    title: "Clients",
    needs: "clients.read",
    navigation: { group: "Clients", icon: "people", label: "All clients", also: ["/client/"] },
  },
  { path: "/keys", title: "Keys", needs: "settings.write", navigation: { group: "Settings", icon: "key" } },
];

test("the navigation has what the token opens, and no empty group", () => {
  const found = navigationFor(PLACES, who(["clients.read", "settings.write"]));
  expect(found.map(([group, entries]) => [group, entries.map(({ label }) => label)])).toEqual([
    ["Clients", ["All clients"]],
    ["Settings", ["Keys"]],
  ]);
  expect(navigationFor(PLACES, who([]))).toEqual([]);
});

test("home is the first page that the token opens", () => {
  expect(homeFor(PLACES, who(["settings.write", "clients.read"]))).toBe("/clients");
  expect(homeFor(PLACES, who(["alerts.write"]))).toBeNull();
});

test("an entry is also where the pages that belong to it are", () => {
  const entry = navigationFor(PLACES, who(["clients.read"]))[0]?.[1][0];
  expect(entry && ["/clients", "/client/c-1", "/reports"].map((at) => isHere(entry, at))).toEqual([true, true, false]);
});

test("what is about own clients is for account managers alone, and their home", () => {
  const places: Place[] = [
    ...PLACES,
    {
      path: "/mine",
      title: "Mine",
      needs: "reports.read",
      mine: true,
      navigation: { group: "Today", icon: "manager" },
    },
  ];
  expect(homeFor(places, who(["reports.read"], "am-3"))).toBe("/mine");
  expect(homeFor(places, who(["reports.read"]))).toBe("/reports");
});
