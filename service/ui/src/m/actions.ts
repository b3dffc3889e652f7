/** What a member can do, as the outbox keeps it, and the request that tells the service. */

import type { Client, Schemas } from "../shared/client.ts";
import type { Item } from "../shared/database.ts";

export type Step = "en-route" | "on-scene" | "release" | "withdraw";

/** What one answers to a muster. */
export type Here = Schemas["AnswerIn"]["answer"];

export interface Point {
  lon: number;
  lat: number;
  accuracy: number;
}

/** Engagements are named by their offer: somebody who accepts offline does not know the engagement yet. */
export type Action =
  | { do: "duty"; state: "on" | "off"; until: string | null }
  | { do: "accept"; offer: string }
  | { do: "decline"; offer: string; reason: string | null }
  | { do: "step"; offer: string; step: Step; reason: string | null }
  | { do: "confirm"; offer: string; how: "safe" | "need_help" }
  | { do: "checkin"; point: Point; how: "safe" | "need_help" | null }
  | { do: "handover"; handover: string; answer: "accept" | "decline" }
  | { do: "propose"; to: string; day: string }
  | { do: "muster"; muster: string; answer: Here }
  | { do: "limits"; limits: Schemas["LimitsIn"] };

export type Waiting = Item<Action>;

/** As many check-ins as the service takes at once. */
const MOST_CHECKINS = 500;

/** How many from the head of the queue make one request: check-ins in a row go together. */
export function together(queue: Waiting[]): number {
  const others = queue.findIndex((each) => each.action.do !== "checkin");
  return Math.min(MOST_CHECKINS, Math.max(1, others < 0 ? queue.length : others));
}

type Result = { response: Response; data?: unknown; error?: unknown };

/** Send what goes together. `engagement` is that of the action's offer, known by now. */
export function request(api: Client, items: Waiting[], engagement: string | undefined): Promise<Result> {
  const [first] = items as [Waiting, ...Waiting[]];
  const { action, at, key } = first;
  const headers = { "Idempotency-Key": key };
  const path = { engagement_id: engagement ?? "" };
  switch (action.do) {
    case "duty":
      return api.PUT("/api/v1/me/duty", { headers, body: { state: action.state, until: action.until, at } });
    case "accept":
      return api.POST("/api/v1/offers/{offer_id}/accept", {
        headers,
        params: { path: { offer_id: action.offer } },
        body: { at },
      });
    case "decline":
      return api.POST("/api/v1/offers/{offer_id}/decline", {
        headers,
        params: { path: { offer_id: action.offer } },
        body: { at, reason: action.reason },
      });
    case "step":
      if (action.step === "withdraw") {
        return api.POST("/api/v1/engagements/{engagement_id}/withdraw", {
          headers,
          params: { path },
          body: { at, reason: action.reason },
        });
      }
      return api.POST(`/api/v1/engagements/{engagement_id}/${action.step}`, {
        headers,
        params: { path },
        body: { at },
      });
    case "confirm":
      return api.POST("/api/v1/engagements/{engagement_id}/confirm", {
        headers,
        params: { path },
        body: { at, how: action.how },
      });
    case "handover":
      return api.POST(`/api/v1/handovers/{handover_id}/${action.answer}`, {
        headers,
        params: { path: { handover_id: action.handover } },
      });
    case "propose":
      return api.POST("/api/v1/me/handovers", {
        headers,
        body: { to_member: action.to, day: action.day },
      });
    case "muster":
      return api.POST("/api/v1/musters/{drill_id}/answer", {
        headers,
        params: { path: { drill_id: action.muster } },
        body: { answer: action.answer },
      });
    case "limits":
      return api.PUT("/api/v1/me/limits", { headers, body: action.limits });
    case "checkin":
      return api.POST("/api/v1/checkins", { body: items.map(checkin) });
  }
}

/** A check-in's key is its id: the service knows repeats by it. Browsers give WGS 84. */
function checkin(item: Waiting): Schemas["CheckInIn"] {
  if (item.action.do !== "checkin") throw new TypeError("not a check-in");
  const { lon, lat, accuracy } = item.action.point;
  return {
    id: item.key,
    at: item.at,
    position: { lon, lat, crs: "WGS84" },
    accuracy_m: accuracy,
    how: item.action.how,
  };
}

/** Whether it is a call for help that came with a position. */
export function isCall({ action }: { action: Action }): boolean {
  return action.do === "checkin" && action.how === "need_help";
}

/** The offer whose engagement an action moves; undefined where it moves none. */
export function engagementOf(action: Action): string | undefined {
  return action.do === "step" || action.do === "confirm" ? action.offer : undefined;
}
