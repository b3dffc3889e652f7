/** Figures as people read them. Pure. */

import type { Language } from "../../shared/times.ts";

/** 45 秒, 3 分 20 秒, 2 小时 5 分; – where there is none. `seconds` may be a fraction. */
export function duration(seconds: number | null, language: Language): string {
  if (seconds === null) return "–";
  const whole = Math.round(seconds);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const [h, m, s] = language === "zh" ? ["小时", "分", "秒"] : ["h", "min", "s"];
  if (hours > 0) return minutes > 0 ? `${hours} ${h} ${minutes} ${m}` : `${hours} ${h}`;
  if (minutes > 0) return rest > 0 ? `${minutes} ${m} ${rest} ${s}` : `${minutes} ${m}`;
  return `${rest} ${s}`;
}

/** 83%; – of nothing. */
export function share(part: number, whole: number): string {
  return whole > 0 ? `${Math.round((100 * part) / whole)}%` : "–";
}

const STEPS = [10, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 86_400];

/** Where the lines of a scale of seconds are drawn: 0 and up to five more, the last not below `most`. */
export function ticks(most: number): number[] {
  const step = STEPS.find((each) => each * 5 >= most) ?? Math.ceil(most / 5 / 86_400) * 86_400;
  const count = Math.max(1, Math.ceil(most / step));
  return Array.from({ length: count + 1 }, (_, place) => place * step);
}

const HOURS = [1, 2, 3, 6, 12, 24, 48, 96, 168];
const MOST_WHENS = 8;

/** Whole hours or midnights of the desk's own clock between two times, eight at most. */
export function whens(from: number, until: number): number[] {
  const hours = (until - from) / 3_600_000;
  const step = HOURS.find((each) => hours / each < MOST_WHENS) ?? Math.ceil(hours / MOST_WHENS / 24) * 24;
  const at = new Date(from);
  at.setHours(0, 0, 0, 0);
  const found: number[] = [];
  while (at.getTime() <= until) {
    if (at.getTime() >= from) found.push(at.getTime());
    at.setHours(at.getHours() + step);
  }
  return found;
}

export type Period = "today" | "week" | "month" | "custom";

/** Where a period begins and ends, in milliseconds; whole days of the desk's own clock, an end left out is now. */
export function bounds(
  period: Period,
  custom: { from: string; to: string },
  now: number,
): { since: number; until?: number } {
  if (period === "custom" && custom.from) {
    const since = new Date(`${custom.from}T00:00`).getTime();
    return custom.to ? { since, until: new Date(`${custom.to}T00:00`).getTime() } : { since };
  }
  const midnight = new Date(now);
  midnight.setHours(0, 0, 0, 0);
  midnight.setDate(midnight.getDate() - (period === "month" ? 29 : period === "today" ? 0 : 6));
  return { since: midnight.getTime() };
}
