/** What of the feed somebody has to look at, and says so: alarms stay until a person acknowledges them. Pure. */

import type { Schemas } from "../shared/client.ts";
import type { News } from "../shared/follow.ts";
import type { Sound } from "./sounds.ts";

export type AlarmKind = "help" | "unconfirmed" | "no_show" | "overdue" | "posted";

export interface Alarm {
  /** One alarm for one thing, however often it is told. */
  key: string;
  kind: AlarmKind;
  sound: Sound;
  at: string;
  task: string | null;
  member: string | null;
  drill: boolean;
  /** Of a call for help: its id, by which it is acknowledged for every desk. */
  call?: string;
  /** Of a call for help: the grid that it came from, in words. */
  place?: string;
}

export type HelpCall = Schemas["HelpCallOut"];

const KINDS: Record<string, { kind: AlarmKind; sound: Sound }> = {
  "member.need_help": { kind: "help", sound: "help" },
  "engagement.unconfirmed": { kind: "unconfirmed", sound: "overdue" },
  "engagement.confirm_overdue": { kind: "unconfirmed", sound: "overdue" },
  "engagement.likely_no_show": { kind: "no_show", sound: "overdue" },
  "task.overdue": { kind: "overdue", sound: "overdue" },
};

export function alarmOf(news: News): Alarm | undefined {
  const { kind, at, task_id: task, member_id: member, data } = news;
  const drill = data["drill"] === true;
  const known = KINDS[kind];
  const call = data["call"];
  if (known?.kind === "help" && typeof call === "string") {
    const place = typeof data["name"] === "string" ? { place: data["name"] } : {};
    return { key: `help:${call}`, ...known, at, task, member, drill, call, ...place };
  }
  if (known) {
    return { key: `${known.kind}:${task ?? ""}:${member ?? ""}:${at}`, ...known, at, task, member, drill };
  }
  if (kind !== "task.posted") return undefined;
  const urgency = data["urgency"];
  const sound: Sound = urgency === "critical" || urgency === "urgent" ? urgency : "routine";
  return { key: `posted:${task ?? ""}`, kind: "posted", sound, at, task, member: null, drill };
}

/** A call that is on record and open. */
export function alarmOfCall({ id, called_at, member_id, task, drill, grid }: HelpCall): Alarm {
  const place = grid.name ? { place: grid.name } : {};
  return {
    key: `help:${id}`,
    kind: "help",
    sound: "help",
    at: called_at,
    task: task?.id ?? null,
    member: member_id,
    drill,
    call: id,
    ...place,
  };
}

/** Calls for help before all others, the newest first; the oldest of the others are dropped. */
export function inTurn(alarms: readonly Alarm[], most: number): Alarm[] {
  const newest = [...alarms].sort((a, b) => Date.parse(b.at) - Date.parse(a.at));
  const help = newest.filter((each) => each.kind === "help");
  return [...help, ...newest.filter((each) => each.kind !== "help").slice(0, most)];
}

/** The tasks with somebody who called for help. */
export function callsIn(alarms: readonly Alarm[]): Set<string> {
  return new Set(alarms.flatMap((each) => (each.kind === "help" && each.task ? [each.task] : [])));
}

/** Those that a person has to acknowledge; a new task is only heard. */
export function mustBeSeen(alarm: Alarm): boolean {
  return alarm.kind !== "posted";
}

const LOUDEST: readonly Sound[] = ["help", "critical", "overdue", "urgent", "routine"];

/** Of several at once the one that is to be heard. */
export function loudest(alarms: readonly Alarm[]): Sound | undefined {
  return LOUDEST.find((sound) => alarms.some((each) => each.sound === sound));
}
