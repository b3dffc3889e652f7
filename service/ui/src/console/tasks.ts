/** Tasks as a desk reads them: what runs out when, what needs a look first, what a filter lets through. Pure. */

import type { Schemas } from "../shared/client.ts";

export type Task = Schemas["TaskOut"];
export type Engagement = Schemas["EngagementOut"];
export type Offer = Schemas["OfferRef"];

export const LIVE: readonly string[] = ["open", "staffed", "under_way"];
export const URGENCIES = ["critical", "urgent", "routine"] as const;

export interface Filter {
  state: "live" | "open" | "staffed" | "under_way" | "ended";
  drills: boolean;
  text: string;
}

export function isLive(task: Task): boolean {
  return LIVE.includes(task.state);
}

export function openSeats(task: Task): number {
  return task.seats.filter((seat) => !seat.engagement).length;
}

export function engagements(task: Task): Engagement[] {
  return task.seats.flatMap((seat) => (seat.engagement ? [seat.engagement] : []));
}

export function offers(task: Task): Offer[] {
  return task.waves.flatMap((wave) => wave.offers);
}

/** A clock of a task: counts down to `at`, or up from it where `up`; `bad` is what needs a look. */
export interface Timer {
  what: "overdue" | "confirm" | "answer" | "fill" | "due" | "no_show";
  at: number;
  up: boolean;
  bad: boolean;
}

/** The clocks of a task, the one that matters most first. `now` in milliseconds since 1970. */
export function timers(task: Task, now: number): Timer[] {
  if (!isLive(task)) return [];
  const found: Timer[] = [];
  const open = openSeats(task) > 0;
  for (const each of engagements(task)) {
    if (each.confirm_by && each.state === "on_scene") {
      const at = Date.parse(each.confirm_by);
      if (at <= now) found.push({ what: "confirm", at, up: true, bad: true });
    }
    if (each.likely_no_show)
      found.push({ what: "no_show", at: Date.parse(each.accepted_at), up: true, bad: true });
  }
  if (task.needed_by) {
    const at = Date.parse(task.needed_by);
    if (at > now) found.push({ what: "due", at, up: false, bad: false });
    else if (open) found.unshift({ what: "overdue", at, up: true, bad: true });
  }
  const asked = offers(task)
    .filter((each) => each.state === "pending")
    .map((each) => Date.parse(each.expires_at));
  const last = Math.max(...asked);
  if (open && last > now) found.push({ what: "answer", at: last, up: false, bad: false });
  if (open) found.push({ what: "fill", at: Date.parse(task.created_at), up: true, bad: false });
  return found;
}

export function needsALook(task: Task, now: number, calls: ReadonlySet<string>): boolean {
  return calls.has(task.id) || timers(task, now).some((each) => each.bad);
}

const BY_STATE = ["open", "staffed", "under_way", "closed", "cancelled", "expired"];

/** By urgency; what needs a look first, then by state, then the oldest that live and the newest that ended. */
export function inOrder(tasks: Iterable<Task>, now: number, calls: ReadonlySet<string>): Task[] {
  const keyed = [...tasks].map((task) => ({
    task,
    key: [
      URGENCIES.findIndex((each) => each === task.urgency),
      needsALook(task, now, calls) ? 0 : 1,
      BY_STATE.indexOf(task.state),
      Date.parse(task.created_at) * (isLive(task) ? 1 : -1),
    ],
  }));
  keyed.sort((a, b) => {
    for (const [index, value] of a.key.entries()) {
      const difference = value - (b.key[index] ?? 0);
      if (difference !== 0) return difference;
    }
    return a.task.id < b.task.id ? -1 : 1;
  });
  return keyed.map((each) => each.task);
}

export function passes(task: Task, filter: Filter): boolean {
  if (task.drill && !filter.drills) return false;
  if (
    filter.state === "live"
      ? !isLive(task)
      : filter.state === "ended"
        ? isLive(task)
        : task.state !== filter.state
  )
    return false;
  const wanted = filter.text.trim().toLowerCase();
  if (!wanted) return true;
  return [task.title, task.grid.name, task.grid.code, task.category, ...task.responsible_units].some((each) =>
    each.toLowerCase().includes(wanted),
  );
}

/** What differs between two readings of a task, as keys of the notice's words. */
export function changes(before: Task, after: Task): string[] {
  const found: string[] = [];
  const differ = (key: string, read: (task: Task) => unknown) => {
    if (JSON.stringify(read(before)) !== JSON.stringify(read(after))) found.push(key);
  };
  differ("state", (task) => task.state);
  differ("title", (task) => task.title);
  differ("instructions", (task) => task.instructions);
  differ("needed_by", (task) => task.needed_by);
  differ("mode", (task) => [task.mode, task.level]);
  differ("seats", (task) => task.seats.map((seat) => seat.id));
  differ("people", (task) => engagements(task).map((each) => [each.id, each.state]));
  differ("waves", (task) => task.waves.length);
  return found;
}
