import { expect, test } from "vitest";
import { instantOf, localDate, localTime } from "./zone";

const at = (text: string) => Date.parse(text);

test("a local time is of the zone, wherever the browser is", () => {
  expect(localTime("America/New_York", at("2026-11-23T02:30:00Z"))).toBe("2026-11-22T21:30");
  expect(localDate("Pacific/Auckland", at("2026-11-22T12:00:00Z"))).toBe("2026-11-23");
});

test.each(["UTC", "America/New_York", "Asia/Kathmandu", "Pacific/Auckland", "Australia/Lord_Howe"])(
  "there and back in %s",
  (zone) => {
    for (const text of [
      "2026-01-31T23:30:00Z",
      "2026-03-29T00:59:00Z",
      "2026-07-01T12:00:00Z",
      "2026-10-25T12:01:00Z",
    ]) {
      expect(instantOf(zone, localTime(zone, at(text)))).toBe(at(text));
    }
  },
);

test("what is no time", () => {
  expect(instantOf("UTC", "")).toBeNull();
});
