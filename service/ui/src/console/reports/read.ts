/** What the report asks the service, and what it gets. */

import type { Schemas } from "../../shared/client.ts";
import type { PageProps } from "../page.ts";
import { bounds, type Period } from "./figures.ts";

export type Response = Schemas["ResponseOut"];
export type Group = Schemas["GroupOut"];
export type Figures = Response["total"];
export type OverTime = Schemas["OverTimeOut"];

export const BY = ["county", "town", "unit", "category", "mode", "urgency", "day", "hour"] as const;
export type By = (typeof BY)[number];

export interface Wanted {
  period: Period;
  custom: { from: string; to: string };
  area: string;
  unit: string;
  category: string;
  mode: "" | "normal" | "emergency";
  drill: boolean;
  by: By;
}

export const FIRST: Wanted = {
  period: "week",
  custom: { from: "", to: "" },
  area: "",
  unit: "",
  category: "",
  mode: "",
  drill: false,
  by: "county",
};

/** As the address of the report has it. */
export function queryOf(wanted: Wanted, now: number): Record<string, string> {
  const { since, until } = bounds(wanted.period, wanted.custom, now);
  return {
    since: new Date(since).toISOString(),
    ...(until ? { until: new Date(until).toISOString() } : {}),
    ...(wanted.area ? { area: wanted.area } : {}),
    ...(wanted.unit ? { unit: wanted.unit } : {}),
    ...(wanted.category ? { category: wanted.category } : {}),
    ...(wanted.mode ? { mode: wanted.mode } : {}),
    drill: String(wanted.drill),
    by: wanted.by,
  };
}

type Asking = Pick<PageProps, "root" | "fetch">;

/** Throws an Error that says what the service said. */
async function ask(
  asking: Asking,
  path: string,
  query: Record<string, string>,
): Promise<globalThis.Response> {
  const answer = await asking.fetch(new Request(`${asking.root}${path}?${new URLSearchParams(query)}`));
  if (answer.ok) return answer;
  const problem = (await answer.json().catch(() => ({}))) as { detail?: string; title?: string };
  throw new Error(problem.detail ?? problem.title ?? String(answer.status));
}

export async function readResponse(asking: Asking, query: Record<string, string>): Promise<Response> {
  return (await ask(asking, "/api/v1/reports/response", query)).json() as Promise<Response>;
}

export async function readCoverage(asking: Asking, query: Record<string, string>): Promise<OverTime> {
  const { since = "", until, area } = query;
  const asked = { since, ...(until ? { until } : {}), ...(area ? { area } : {}) };
  return (await ask(asking, "/api/v1/reports/coverage", asked)).json() as Promise<OverTime>;
}

/** The report as a file, put into the browser's downloads. */
export async function download(
  asking: Asking,
  query: Record<string, string>,
  format: "csv" | "xlsx",
): Promise<void> {
  const answer = await ask(asking, "/api/v1/reports/response", { ...query, format });
  const named = /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition") ?? "");
  const address = URL.createObjectURL(await answer.blob());
  const link = document.createElement("a");
  link.href = address;
  link.download = named?.[1] ?? `response.${format}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

export interface Point {
  at: number;
  covered: number;
  leaves: number;
}

const HOUR = 3_600_000;

/** Of all counties together, hour by hour: each county is reckoned some seconds after the others. */
export function summed({ items }: Pick<OverTime, "items">): Point[] {
  const hours = new Map<number, Map<string, OverTime["items"][number]>>();
  for (const each of items) {
    const hour = Math.floor(Date.parse(each.at) / HOUR) * HOUR;
    hours.set(hour, (hours.get(hour) ?? new Map()).set(each.area, each));
  }
  return [...hours]
    .map(([at, counties]) => {
      const point = { at, covered: 0, leaves: 0 };
      for (const { covered, leaves } of counties.values()) {
        point.covered += covered;
        point.leaves += leaves;
      }
      return point;
    })
    .sort((one, other) => one.at - other.at);
}
