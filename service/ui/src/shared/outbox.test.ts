import assert from "node:assert/strict";
import { test } from "node:test";
import { Outbox, type Outcome, type World } from "./outbox.ts";

/** A world in memory: `verdict` decides on each send; waits are kept until the test lets them pass. */
function world(items: string[], verdict: (sent: string[]) => Outcome | Promise<Outcome>) {
  const seen = {
    queue: [...items],
    sent: [] as string[][],
    refused: [] as string[],
    waits: [] as number[],
    wake: [] as (() => void)[],
  };
  const given: World<string> = {
    queue: async () => [...seen.queue],
    together: (queue) => {
      const others = queue.findIndex((each) => !each.startsWith("point"));
      return Math.max(1, others < 0 ? queue.length : others);
    },
    send: async (head) => {
      seen.sent.push(head);
      return verdict(head);
    },
    settle: async (head, outcome) => {
      seen.queue = seen.queue.slice(head.length);
      if (outcome.is === "refused") seen.refused.push(...head);
    },
    alone: (work) => work(),
    after: (milliseconds, call) => {
      seen.waits.push(milliseconds);
      seen.wake.push(call);
    },
  };
  return { seen, outbox: new Outbox(given) };
}

test("everything is delivered in order, what goes together together", async () => {
  const { seen, outbox } = world(["accept", "point 1", "point 2", "move"], () => ({ is: "done" }));
  await outbox.flush();
  assert.deepEqual(seen.sent, [["accept"], ["point 1", "point 2"], ["move"]]);
  assert.deepEqual(seen.queue, []);
});

test("a refusal takes that action out and lets the next ones pass", async () => {
  const { seen, outbox } = world(["a", "b", "c"], ([one]) =>
    one === "b" ? { is: "refused", title: "", detail: "" } : { is: "done" },
  );
  await outbox.flush();
  assert.deepEqual(seen.refused, ["b"]);
  assert.deepEqual(seen.queue, []);
});

test("without a verdict nothing is taken out and nothing overtakes, and waits grow to a minute", async () => {
  const { seen, outbox } = world(["a", "b"], () => ({ is: "later" }));
  for (let round = 0; round < 8; round++) await outbox.flush();
  assert.deepEqual(seen.queue, ["a", "b"]);
  assert.ok(seen.sent.every(([one]) => one === "a"));
  assert.deepEqual(seen.waits, [2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]);
});

test("the server's own wait is respected", async () => {
  const { seen, outbox } = world(["a"], () => ({ is: "later", after: 30_000 }));
  await outbox.flush();
  assert.deepEqual(seen.waits, [30_000]);
});

test("a call during a flush that is about to give up is not lost", async () => {
  let up = false;
  const { seen, outbox } = world(["a", "b"], () => {
    if (up) return { is: "done" };
    up = true;
    void outbox.flush();
    return { is: "later" };
  });
  await outbox.flush();
  assert.deepEqual(seen.sent, [["a"], ["a"], ["b"]]);
  assert.deepEqual(seen.queue, []);
});

test("two calls at once send nothing twice", async () => {
  const { seen, outbox } = world(["a", "b"], () => ({ is: "done" }));
  await Promise.all([outbox.flush(), outbox.flush()]);
  assert.deepEqual(seen.sent, [["a"], ["b"]]);
});

test("nobody logged in: everything stays, and no timer runs", async () => {
  const { seen, outbox } = world(["a"], () => ({ is: "stopped" }));
  await outbox.flush();
  assert.deepEqual(seen.queue, ["a"]);
  assert.deepEqual(seen.waits, []);
});

test("an older timer does not fire after a newer one", async () => {
  const { seen, outbox } = world(["a"], () => ({ is: "later" }));
  await outbox.flush();
  await outbox.flush();
  seen.wake[0]?.();
  await Promise.resolve();
  assert.equal(seen.sent.length, 2);
});
