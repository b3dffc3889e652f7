/** Everything that the screens show, asked of the service in one go. */

import type { App } from "./app.ts";
import { LIVE, type Place, type Snapshot } from "./view.ts";

const CALENDAR_DAYS = 14;
const OFFERS = 50;
/** Which map apps want which: see maps.ts. */
const SYSTEMS = ["GCJ02", "BD09"] as const;

/** Throws what `fetch` throws, and TypeError for an answer that is not well. */
export async function read(app: App): Promise<Snapshot> {
  const { api } = app;
  const before = app.state.said;
  const [me, duty, calendar, handovers, musters, offers, limits, categories] = await Promise.all([
    api.GET("/api/v1/me"),
    api.GET("/api/v1/me/duty"),
    api.GET("/api/v1/me/calendar", { params: { query: { days: CALENDAR_DAYS } } }),
    api.GET("/api/v1/me/handovers", { params: { query: { state: "proposed" } } }),
    api.GET("/api/v1/me/musters"),
    api.GET("/api/v1/offers", { params: { query: { limit: OFFERS, crs: "WGS84" } } }),
    api.GET("/api/v1/me/limits"),
    api.GET("/api/v1/me/categories"),
  ]);
  const said: Snapshot = {
    ...before,
    name: well(me).display_name,
    duty: well(duty),
    calendar: well(calendar),
    handovers: well(handovers).items.filter((each) => each.to_member.id === app.member),
    proposed: well(handovers).items.filter((each) => each.from_member.id === app.member),
    musters: well(musters).items,
    offers: well(offers).items,
    limits: well(limits),
    categories: well(categories).items,
    at: app.now(),
  };
  const engaged = said.offers.find((each) => LIVE.includes(each.engagement?.state ?? ""));
  if (!engaged?.task) return { ...said, place: null, messages: [] };
  const messages = await api.GET("/api/v1/tasks/{task_id}/messages", {
    params: { path: { task_id: engaged.task.id } },
  });
  said.messages = well(messages).items;
  if (before.place?.offer !== engaged.id) {
    said.place = {
      offer: engaged.id,
      at: { WGS84: engaged.task.location, ...(await elsewhere(app, engaged.id)) },
    };
  }
  return said;
}

/** The same place in the systems of the map apps: the service converts. */
async function elsewhere(app: App, offer: string): Promise<Partial<Place>> {
  const found: Partial<Place> = {};
  for (const crs of SYSTEMS) {
    const answer = await app.api.GET("/api/v1/offers", {
      params: { query: { state: "accepted", limit: 10, crs } },
    });
    const task = well(answer).items.find((each) => each.id === offer)?.task;
    if (task) found[crs] = task.location;
  }
  return found;
}

function well<Data>(answer: { data?: Data; response: Response }): Data {
  if (answer.data === undefined) throw new TypeError(`${answer.response.url}: ${answer.response.status}`);
  return answer.data;
}
