import assert from "node:assert/strict";
import { test } from "node:test";
import { bounds, duration, share, ticks, whens } from "./figures.ts";

test("times are said in two units at most", () => {
  assert.equal(duration(44.6, "zh"), "45 秒");
  assert.equal(duration(200, "zh"), "3 分 20 秒");
  assert.equal(duration(7500, "en"), "2 h 5 min");
  assert.equal(duration(3600, "en"), "1 h");
  assert.equal(duration(null, "en"), "–");
});

test("a share of nothing is not said", () => {
  assert.equal(share(5, 6), "83%");
  assert.equal(share(0, 0), "–");
});

test("a scale reaches what it shows", () => {
  for (const most of [1, 9, 31, 59, 61, 400, 5000, 90_000, 10_000_000]) {
    const found = ticks(most);
    assert.ok((found.at(-1) ?? 0) >= most, `${most}`);
    assert.ok(found.length <= 7, `${most}`);
  }
});

test("times under a line are whole hours or midnights, and few", () => {
  const from = new Date("2026-11-18T00:20").getTime();
  for (const hours of [3, 30, 24 * 7, 24 * 30, 24 * 400]) {
    const found = whens(from, from + hours * 3_600_000);
    assert.ok(found.length >= 2 && found.length <= 9, `${hours}`);
    assert.ok(found.every((each) => new Date(each).getMinutes() === 0));
    if (hours > 24 * 6) assert.ok(found.every((each) => new Date(each).getHours() === 0));
  }
});

test("seven days are today and the six before", () => {
  const now = new Date("2026-11-24T15:30").getTime();
  assert.equal(bounds("week", { from: "", to: "" }, now).since, new Date("2026-11-18T00:00").getTime());
  assert.equal(bounds("today", { from: "", to: "" }, now).since, new Date("2026-11-24T00:00").getTime());
});
