import { expect, test } from "vitest";
import { average, date, duration, money, moneys, plural, share, signed, weight, words } from "./format";

test("numbers are written the same everywhere", () => {
  expect([signed(3), signed(-1.25, 1), signed(0), signed(0, 1)]).toEqual(["+3", "−1.3", "0", "0.0"]);
  expect([average(71.26), average(null), average(undefined)]).toEqual(["71.3", "–", "–"]);
  expect([share(0.6124), share(1)]).toEqual(["61.2%", "100.0%"]);
  expect([weight(12.5), weight(20), weight(33.333)]).toEqual(["12.5%", "20%", "33.33%"]);
  expect([plural(1, "client"), plural(1200, "client"), plural(0, "is", "are")]).toEqual([
    "1 client",
    "1,200 clients",
    "0 are",
  ]);
});

test("a length of time is told in the unit that fits it", () => {
  const told = [null, 0, 0.75, 1, 5.25, 23.96, 24, 55.56].map(duration);
  expect(told).toEqual(["–", "0 min", "45 min", "1.0 h", "5.3 h", "24.0 h", "1.0 days", "2.3 days"]);
});

test("money keeps its currency, and several are summed by none", () => {
  expect(money({ currency: "EUR", amount: "1234.50" })).toBe("€1,234.50");
  expect(moneys([])).toBe("–");
  expect(
    moneys([
      { currency: "EUR", amount: "1" },
      { currency: "USD", amount: "2" },
    ]),
  ).toBe("€1.00 + US$2.00");
});

test("a date is a day of the calendar, in no time zone", () => {
  expect([date("2026-11-28"), date(null)]).toEqual(["28 Nov 2026", "–"]);
});

test("codes become words", () => {
  expect([words("qbr_logged"), words("AT_RISK")]).toEqual(["Qbr logged", "At risk"]);
});
