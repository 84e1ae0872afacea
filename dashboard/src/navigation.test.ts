import { expect, test } from "vitest";
import { homeFor, isHere, navigationFor, type Place } from "./navigation";

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
  const found = navigationFor(PLACES, new Set(["clients.read", "settings.write"]));
  expect(found.map(([group, entries]) => [group, entries.map(({ label }) => label)])).toEqual([
    ["Clients", ["All clients"]],
    ["Settings", ["Keys"]],
  ]);
  expect(navigationFor(PLACES, new Set())).toEqual([]);
});

test("home is the first page that the token opens", () => {
  expect(homeFor(PLACES, new Set(["settings.write", "clients.read"]))).toBe("/clients");
  expect(homeFor(PLACES, new Set(["alerts.write"]))).toBeNull();
});

test("an entry is also where the pages that belong to it are", () => {
  const entry = navigationFor(PLACES, new Set(["clients.read"]))[0]?.[1][0];
  expect(entry && ["/clients", "/client/c-1", "/reports"].map((at) => isHere(entry, at))).toEqual([true, true, false]);
});
