import assert from "node:assert/strict";
import { test } from "node:test";
import { countdown, HOUR, nextHour } from "./times.ts";

test("a countdown rounds up, and does not go below nothing", () => {
  assert.equal(countdown(245_000), "4:05");
  assert.equal(countdown(244_001), "4:05");
  assert.equal(countdown(3_845_000), "1:04:05");
  assert.equal(countdown(0), "0:00");
  assert.equal(countdown(-9_000), "0:00");
});

test("tonight is today's before that hour, and tomorrow's after it", () => {
  const noon = new Date(2026, 5, 3, 12).getTime();
  assert.equal(nextHour(22, noon), noon + 10 * HOUR);
  assert.equal(nextHour(22, noon + 10 * HOUR), noon + 34 * HOUR);
});
