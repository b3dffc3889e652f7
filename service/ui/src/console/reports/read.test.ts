import assert from "node:assert/strict";
import { test } from "node:test";
import { summed } from "./read.ts";

const sample = (at: string, area: string, covered: number) => ({
  at,
  area,
  covered,
  leaves: 10,
  available: 5,
});

test("counties that were reckoned some seconds apart are of one hour", () => {
  const found = summed({
    items: [
      sample("2026-11-24T16:00:02Z", "440803", 4),
      sample("2026-11-24T15:00:00Z", "440802", 1),
      sample("2026-11-24T16:00:00Z", "440802", 9),
    ],
  });
  assert.deepEqual(found, [
    { at: Date.parse("2026-11-24T15:00:00Z"), covered: 1, leaves: 10 },
    { at: Date.parse("2026-11-24T16:00:00Z"), covered: 13, leaves: 20 },
  ]);
});
