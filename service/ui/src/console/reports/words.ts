/** The words of the reports. */

import type { Language } from "../../shared/times.ts";
import { NAMES } from "../texts/names.ts";

const TEXTS = {
  title: ["精准问效", "Response report"],
  drill_title: ["精准问效 · 演练", "Response report · drills"],
  drill_lead: ["以下全部是演练，不含真实任务。", "All of this is drills; nothing real is counted."],
  lead: [
    "统计的是响应，不是个人：没有排名。",
    "About response, never about a person: nothing here is a ranking.",
  ],
  period: ["时段", "Period"],
  today: ["今天", "Today"],
  week: ["近 7 天", "7 days"],
  month: ["近 30 天", "30 days"],
  custom: ["自定义", "Other"],
  from: ["从", "From"],
  to: ["到（不含）", "To (not included)"],
  area: ["区域", "Area"],
  area_hint: ["名称或编码", "Name or code"],
  unit: ["责任单位", "Unit"],
  category: ["类别", "Category"],
  mode: ["平急", "Mode"],
  all: ["全部", "All"],
  drills: ["只看演练", "Drills only"],
  by: ["分组", "Group by"],
  by_county: ["县区", "County"],
  by_town: ["镇街", "Town"],
  by_unit: ["责任单位", "Unit"],
  by_category: ["类别", "Category"],
  by_mode: ["平急", "Mode"],
  by_urgency: ["紧急程度", "Urgency"],
  by_day: ["日期", "Day"],
  by_hour: ["时刻", "Hour"],
  csv: ["下载 CSV", "CSV"],
  xlsx: ["下载 Excel", "Excel"],
  print: ["打印", "Print"],
  no_file: ["文件没有下载成功：{why}", "The file could not be fetched: {why}"],
  unread: ["报表没有读到：{why}", "The report could not be read: {why}"],
  reading: ["正在读取…", "Reading…"],
  tasks: ["任务", "Tasks"],
  cancelled: ["其中取消 {count} 项", "{count} of them cancelled"],
  accepted: ["首次有人答应", "First yes"],
  filled: ["人员到齐", "All seats filled"],
  on_scene: ["首人到场", "First on scene"],
  median: ["中位", "Median"],
  p90: ["九成以内", "90% within"],
  p90_of: ["九成在 {time} 内 · {count} 项", "90% within {time} · {count} tasks"],
  median_of: ["中位", "median"],
  none_yet: ["尚无", "none yet"],
  share_filled: ["到齐的任务", "Tasks filled"],
  share_lead: ["{count} / {all} 项，不计取消", "{count} of {all}, the cancelled aside"],
  seats: ["岗位", "Seats"],
  offers: ["派单", "Offers"],
  offers_lead: ["{yes} 答应 · {no} 谢绝 · {silent} 未答复", "{yes} yes · {no} no · {silent} unanswered"],
  times_by: ["响应时间，按{by}", "Response times by {by}"],
  times_lead: ["按编码排列。条为中位，细线到九成。", "By code. The bar is the median, the line reaches 90%."],
  short: ["缺口与原因", "Shortfalls and their causes"],
  short_lead: [
    "{tasks} 项任务结束或到时仍缺 {seats} 个岗位。",
    "{tasks} tasks ended, or ran out of time, {seats} seats short.",
  ],
  short_none: ["没有缺口：该来的都有人来。", "No shortfall: every seat was served."],
  not_taken: ["问够了人，来的不够", "enough were asked, too few came"],
  coverage: ["覆盖变化", "Coverage over time"],
  coverage_lead: [
    "{minutes} 分钟内有 {people} 人可达的网格所占比例，逐小时。",
    "Share of grids that {people} people reach within {minutes} minutes, hour by hour.",
  ],
  coverage_none: ["这个时段没有覆盖记录。", "No coverage was recorded in this period."],
  coverage_last: [
    "{time}：{share}（{covered} / {all} 个网格）",
    "{time}: {share} ({covered} of {all} grids)",
  ],
  table: ["明细", "The figures"],
  group: ["分组", "Group"],
  total: ["合计", "Total"],
  short_seats: ["缺岗", "Seats short"],
  no_tasks: ["这个时段没有任务。", "No tasks in this period."],
  period_of: ["{from} 至 {to}", "{from} to {to}"],
  printed: ["打印于 {time}", "Printed {time}"],
} as const satisfies Record<string, readonly [string, string]>;

export type Key = keyof typeof TEXTS;
export type Words = (key: Key, values?: Record<string, string | number>) => string;

/** A text with its placeholders filled. */
export function words(language: Language): Words {
  const column = language === "zh" ? 0 : 1;
  return (key, values = {}) =>
    TEXTS[key][column].replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}

/** What a code is called; the code itself where a newer service has one that this page does not know. */
export function nameOf(kind: "reason" | "mode" | "urgency", code: string, language: Language): string {
  const column = language === "zh" ? 0 : 1;
  if (code === "not_taken") return TEXTS.not_taken[column];
  const key = `${kind}_${code}`;
  return key in NAMES ? NAMES[key as keyof typeof NAMES][column] : code;
}
