/** What the member sees: what the service last said, with what the member has done since on top. */

import type { Schemas } from "../shared/client.ts";
import type { Step, Waiting } from "./actions.ts";

export type Offer = Schemas["OfferOut"];
export type Task = Schemas["EngagedTaskOut"];
export type Crs = Schemas["Crs"];
export type Place = Record<Crs, { lon: number; lat: number }>;

/** What the service last said; null is what it has not been asked for yet. */
export interface Snapshot {
  name: string;
  duty: Schemas["DutyOut"] | null;
  calendar: Schemas["MyCalendarOut"] | null;
  /** Proposed to this member, and to be answered. */
  handovers: Schemas["HandoverOut"][];
  /** Proposed by this member, and not answered yet. */
  proposed: Schemas["HandoverOut"][];
  musters: Schemas["OwnCallOut"][];
  offers: Offer[];
  /** Of the task that one is engaged in: its place in the systems of the map apps, and its messages. */
  place: { offer: string; at: Partial<Place> } | null;
  messages: Schemas["MessageOut"][];
  limits: Schemas["LimitsOut"] | null;
  categories: Schemas["CategoryOut"][];
  /** When that was, in milliseconds by the server's clock. */
  at: number;
}

export const NOTHING: Snapshot = {
  name: "",
  duty: null,
  calendar: null,
  handovers: [],
  proposed: [],
  musters: [],
  offers: [],
  place: null,
  messages: [],
  limits: null,
  categories: [],
  at: 0,
};

export const LIVE = ["accepted", "en_route", "on_scene"];
const ENDED: Record<string, string> = { release: "released", withdraw: "withdrawn" };
const AFTER: Record<Step, string> = {
  "en-route": "en_route",
  "on-scene": "on_scene",
  release: ENDED.release as string,
  withdraw: ENDED.withdraw as string,
};

export interface Engaged {
  offer: Offer;
  state: string;
  /** Whether the state is the phone's own, which the service has not been told yet. */
  waits: boolean;
  /** Confirm that one is safe until then; null: not asked. */
  confirmBy: string | null;
}

export interface View {
  duty: { on: boolean; until: string | null; by: string; waits: boolean } | null;
  /** The one to be answered. */
  asked: Offer | null;
  engaged: Engaged | null;
  /** All that were ever made, newest first, with the answer that waits, if one does. */
  history: { offer: Offer; state: string; waits: boolean }[];
  handovers: { handover: Schemas["HandoverOut"]; answered: boolean }[];
  /** The musters that go on, with the member's answer. */
  musters: { muster: Schemas["OwnCallOut"]; answer: string | null; waits: boolean }[];
  limits: Schemas["LimitsIn"] | null;
}

/** One picture out of both. `now` decides which offers can still be answered at leisure. */
export function view(said: Snapshot, queue: Waiting[], now: number): View {
  const offers = said.offers.map((offer) => seen(offer, queue));
  const live = offers.find((each) => LIVE.includes(each.engagement));
  const asked = offers.find((each) => each.state === "pending" && Date.parse(each.offer.expires_at) > now);
  return {
    duty: duty(said, queue),
    asked: asked?.offer ?? null,
    engaged: live
      ? {
          offer: live.offer,
          state: live.engagement,
          waits: live.waits,
          confirmBy: live.confirmed ? null : (live.offer.engagement?.confirm_by ?? null),
        }
      : null,
    history: offers.map(({ offer, state, engagement, waits }) => ({
      offer,
      state: engagement || state,
      waits,
    })),
    handovers: said.handovers.map((handover) => ({
      handover,
      answered: queue.some(({ action }) => action.do === "handover" && action.handover === handover.id),
    })),
    musters: said.musters
      .filter((muster) => Date.parse(muster.until) > now)
      .map((muster) => {
        const own = queue.findLast(
          ({ action }) => action.do === "muster" && action.muster === muster.id,
        )?.action;
        const answer = own?.do === "muster" ? own.answer : muster.answer;
        return { muster, answer, waits: own !== undefined };
      }),
    limits: limits(said, queue),
  };
}

function seen(offer: Offer, queue: Waiting[]) {
  let state = offer.state;
  let engagement = offer.engagement?.state ?? "";
  let waits = false;
  let confirmed = false;
  for (const { action } of queue) {
    if (!("offer" in action) || action.offer !== offer.id) continue;
    waits = true;
    if (action.do === "accept") {
      state = "accepted";
      engagement ||= "accepted";
    } else if (action.do === "decline") state = "declined";
    else if (action.do === "confirm") confirmed = true;
    else engagement = AFTER[action.step];
  }
  return { offer, state, engagement, waits, confirmed };
}

function duty(said: Snapshot, queue: Waiting[]): View["duty"] {
  const last = queue.findLast(({ action }) => action.do === "duty")?.action;
  if (last?.do === "duty") return { on: last.state === "on", until: last.until, by: "switch", waits: true };
  if (!said.duty) return null;
  const { on_duty, until, by } = said.duty;
  return { on: on_duty, until, by, waits: false };
}

function limits(said: Snapshot, queue: Waiting[]): View["limits"] {
  const last = queue.findLast(({ action }) => action.do === "limits")?.action;
  if (last?.do === "limits") return last.limits;
  if (!said.limits) return null;
  const { weekly_hours, quiet, unwanted } = said.limits;
  return { weekly_hours, quiet, unwanted };
}
