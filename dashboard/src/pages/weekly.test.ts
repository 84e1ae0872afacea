import { expect, test } from "vitest";
import type { Account } from "../api/types";
import { changesOf } from "./weekly";

function row(name: string, score: number, points: number | null, fromBand: "GREEN" | "YELLOW" = "YELLOW"): Account {
  const week = points === null ? null : { points, from_score: score - points, from_band: fromBand };
  return { client_id: name, name, score, band: "YELLOW", week } as Account;
}

test("what changed is another band or five points, the worst fall and the best rise first", () => {
  const { fell, rose } = changesOf([
    row("little", 60, -4),
    row("band", 69, -2, "GREEN"),
    row("far", 50, -11),
    row("up", 65, 5),
    row("more", 66, 9),
    row("new", 60, null),
    row("same", 60, 0, "GREEN"),
  ]);
  expect(fell.map(({ row: { name } }) => name)).toEqual(["far", "band"]);
  expect(rose.map(({ row: { name } }) => name)).toEqual(["more", "up"]);
});
