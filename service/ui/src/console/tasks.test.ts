import assert from "node:assert/strict";
import { test } from "node:test";
import { alarmOf, loudest } from "./alarms.ts";
import { changes, inOrder, passes, type Task, timers } from "./tasks.ts";

const NOW = Date.parse("2026-06-03T04:00:00Z");
const at = (minutes: number) => new Date(NOW + minutes * 60_000).toISOString();

function task(given: Partial<Task> = {}): Task {
  return {
    id: "a",
    state: "open",
    mode: "normal",
    level: null,
    category: "emergency_response",
    title: "爆管",
    instructions: null,
    urgency: "urgent",
    drill: false,
    location: { lon: 110.36, lat: 21.27, crs: "WGS84" },
    grid: { id: "g", code: "440802004001", name: "三和社区" },
    snapped_m: 0,
    responsible_units: ["U001"],
    residents_of: null,
    needed_by: null,
    created_at: at(-10),
    staffed_at: null,
    ended_at: null,
    end_reason: null,
    waits_for: null,
    seats: [{ id: "s1", number: 1, skills: [], engagement: null }],
    waves: [],
    ladder: [],
    ...given,
  };
}

function engagement(given: object) {
  return {
    id: "e",
    member_id: "m",
    state: "on_scene",
    accepted_at: at(-9),
    en_route_at: null,
    on_scene_at: null,
    ended_at: null,
    likely_no_show: false,
    confirm_by: null,
    confirmed_at: null,
    overdue: false,
    ...given,
  };
}

const names = (found: { what: string }[]) => found.map((each) => each.what);

test("what has run out comes before what runs", () => {
  assert.deepEqual(names(timers(task(), NOW)), ["fill"]);
  assert.deepEqual(names(timers(task({ needed_by: at(5) }), NOW)), ["due", "fill"]);
  assert.deepEqual(names(timers(task({ needed_by: at(-5) }), NOW)), ["overdue", "fill"]);
  const seats = [{ id: "s1", number: 1, skills: [], engagement: engagement({ confirm_by: at(-1) }) }];
  assert.deepEqual(timers(task({ state: "under_way", seats }), NOW), [
    { what: "confirm", at: NOW - 60_000, up: true, bad: true },
  ]);
  assert.deepEqual(timers(task({ state: "closed", needed_by: at(-5) }), NOW), []);
});

test("tasks are in order of urgency, then of what needs a look, then of state and age", () => {
  const tasks = [
    task({ id: "routine", urgency: "routine" }),
    task({ id: "new", created_at: at(-1) }),
    task({ id: "staffed", state: "staffed", seats: [] }),
    task({ id: "old" }),
    task({ id: "overdue", created_at: at(0), needed_by: at(-1) }),
    task({ id: "help", state: "under_way", created_at: at(0), seats: [] }),
    task({ id: "critical", urgency: "critical" }),
  ];
  assert.deepEqual(
    inOrder(tasks, NOW, new Set(["help"])).map((each) => each.id),
    ["critical", "overdue", "help", "old", "new", "staffed", "routine"],
  );
});

test("a filter lets through what it says", () => {
  const live = { state: "live", drills: false, text: "" } as const;
  assert.ok(passes(task(), live));
  assert.ok(!passes(task({ drill: true }), live));
  assert.ok(!passes(task({ state: "closed" }), live));
  assert.ok(passes(task({ state: "closed" }), { ...live, state: "ended" }));
  assert.ok(passes(task(), { ...live, text: " 三和 " }));
  assert.ok(passes(task(), { ...live, text: "u001" }));
  assert.ok(!passes(task(), { ...live, text: "霞山" }));
});

test("what differs between two readings is named", () => {
  const after = task({ title: "大爆管", seats: [] });
  assert.deepEqual(changes(task(), after), ["title", "seats"]);
  assert.deepEqual(changes(task(), task()), []);
});

test("of several alarms a call for help is heard", () => {
  const about = { at: at(0), area_code: null, task_id: "a", member_id: "m", data: {} };
  const help = alarmOf({ ...about, kind: "member.need_help" });
  const late = alarmOf({ ...about, kind: "engagement.likely_no_show" });
  const posted = alarmOf({ ...about, kind: "task.posted", data: { urgency: "critical" } });
  assert.equal(alarmOf({ ...about, kind: "offer.made" }), undefined);
  assert.ok(help && late && posted);
  assert.equal(loudest([late, posted, help]), "help");
  assert.equal(loudest([late, posted]), "critical");
});
