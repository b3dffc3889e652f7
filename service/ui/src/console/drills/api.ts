/** Drills as the service knows them. */

import type { Schemas } from "../../shared/client.ts";
import type { PageProps } from "../page.ts";

export type Drill = Schemas["DrillOut"];
export type Report = Schemas["DrillReportOut"];
export type Called = Schemas["CalledOut"];
export type Scenario = Schemas["ScenarioOut"];
export type GroupRoll = Schemas["GroupRollOut"];

type Api = PageProps["api"];

/** What the service gave, or an Error with its own words. */
export function given<Data>(answer: { data?: Data; error?: unknown; response: Response }): Data {
  if (answer.data !== undefined) return answer.data;
  const { detail, title } = (answer.error ?? {}) as { detail?: string; title?: string };
  throw new Error(detail ?? title ?? String(answer.response.status));
}

/** The same key again after an answer that was lost: the drill is started once. */
export function startDrill(api: Api, started: Start, key: string): Promise<Drill> {
  const headers = { "Idempotency-Key": key };
  const { area, title, minutes } = started;
  return started.kind === "muster"
    ? api
        .POST("/api/v1/drills/musters", {
          headers,
          body: { area, title, minutes, off_duty: started.offDuty },
        })
        .then(given)
    : api
        .POST("/api/v1/drills/exercises", {
          headers,
          body: { area, title, minutes, scenario: started.scenario, seed: started.seed, tasks: [] },
        })
        .then(given);
}

export interface Start {
  kind: "muster" | "exercise";
  area: string;
  title: string;
  minutes: number;
  offDuty: boolean;
  scenario: string;
  seed: number;
}

export const listDrills = (api: Api, after?: string) =>
  api.GET("/api/v1/drills", { params: { query: { limit: 30, ...(after ? { after } : {}) } } }).then(given);

export const readDrill = (api: Api, id: string): Promise<Report> =>
  api.GET("/api/v1/drills/{drill_id}", { params: { path: { drill_id: id } } }).then(given);

export const endDrill = (api: Api, id: string): Promise<Drill> =>
  api.POST("/api/v1/drills/{drill_id}/end", { params: { path: { drill_id: id } } }).then(given);

export const readScenarios = (api: Api): Promise<Scenario[]> =>
  api
    .GET("/api/v1/drills/scenarios")
    .then(given)
    .then(({ items }) => items);

export type Which = "all" | "here" | "cannot" | "silent";

export const readRoll = (api: Api, id: string, which: Which, after?: string) =>
  api
    .GET("/api/v1/drills/{drill_id}/calls", {
      params: {
        path: { drill_id: id },
        query: {
          limit: 50,
          ...(after ? { after } : {}),
          ...(which === "silent" ? { silent: true } : which === "all" ? {} : { answer: which }),
        },
      },
    })
    .then(given);

export function isRunning(drill: Drill, now: number): boolean {
  return drill.ended_at === null && Date.parse(drill.until) > now;
}
