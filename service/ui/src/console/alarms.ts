/** What of the feed somebody has to look at, and says so: alarms stay until a person acknowledges them. Pure. */

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
}

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
  if (known) {
    return { key: `${known.kind}:${task ?? ""}:${member ?? ""}:${at}`, ...known, at, task, member, drill };
  }
  if (kind !== "task.posted") return undefined;
  const urgency = data["urgency"];
  const sound: Sound = urgency === "critical" || urgency === "urgent" ? urgency : "routine";
  return { key: `posted:${task ?? ""}`, kind: "posted", sound, at, task, member: null, drill };
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
