/** Times as people say them, on the phone's own clock, which in the city is the city's. */

export type Language = "zh" | "en";

export const TAGS: Record<Language, string> = { zh: "zh-CN", en: "en-GB" };
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;

// Made once: to make one takes longer than to draw a row.
const CLOCKS = made({ hour: "2-digit", minute: "2-digit", hour12: false });
const DAYS = made({ weekday: "short", month: "short", day: "numeric" });

function made(options: Intl.DateTimeFormatOptions): Record<Language, Intl.DateTimeFormat> {
  return {
    zh: new Intl.DateTimeFormat(TAGS.zh, options),
    en: new Intl.DateTimeFormat(TAGS.en, options),
  };
}

/** 14:05 */
export function clock(at: string | number, language: Language): string {
  return CLOCKS[language].format(new Date(at));
}

/** 14:05, with the day where that is not today. */
export function moment(at: string | number, language: Language, now: number): string {
  const date = new Date(at);
  if (date.toDateString() === new Date(now).toDateString()) return clock(at, language);
  return `${day(at, language)} ${clock(at, language)}`;
}

/** 6月3日 周三; Wed 3 Jun */
export function day(at: string | number, language: Language): string {
  return DAYS[language].format(new Date(at));
}

/** 4:05, or 1:04:05 from an hour on; 0:00 when it is over. */
export function countdown(milliseconds: number): string {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000));
  const two = (number: number) => String(number).padStart(2, "0");
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

/** The next time that it is this hour. */
export function nextHour(hour: number, now: number): number {
  const date = new Date(now);
  date.setHours(hour, 0, 0, 0);
  return date.getTime() > now ? date.getTime() : date.getTime() + 24 * HOUR;
}
