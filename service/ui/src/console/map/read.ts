/** What the map reads beside its tiles: who reaches what, who is where, what a place is, and what lies under it. */

import type { Spot } from "./contract.ts";
import type { Fetch } from "./tiles.ts";

export interface Reader {
  root: string;
  fetch: Fetch;
}

/** Its message is what the service said, in the reader's language. */
export class Unread extends Error {}

interface Page<Item> {
  items: Item[];
  next: string | null;
}

async function json<Answer>(reader: Reader, path: string, signal: AbortSignal): Promise<Answer> {
  const answer = await reader.fetch(
    new Request(`${reader.root}${path}`, { signal, headers: { Accept: "application/json" } }),
  );
  if (answer.ok) return (await answer.json()) as Answer;
  const problem = (await answer.json().catch(() => ({}))) as { detail?: string; title?: string };
  throw new Unread(problem.detail ?? problem.title ?? String(answer.status));
}

async function* pages<Item>(
  reader: Reader,
  path: string,
  query: Record<string, string>,
  signal: AbortSignal,
): AsyncGenerator<Item[]> {
  let after: string | null = null;
  do {
    const asked: string = new URLSearchParams({
      ...query,
      limit: "200",
      ...(after ? { after } : {}),
    }).toString();
    const page: Page<Item> = await json<Page<Item>>(reader, `${path}?${asked}`, signal);
    yield page.items;
    after = page.next;
  } while (after);
}

/** The areas that the caller sees, by their codes. */
export async function ownAreas(reader: Reader, signal: AbortSignal): Promise<string[]> {
  const me = await json<{ areas: string[] }>(reader, "/api/v1/me", signal);
  return me.areas;
}

export interface Reach {
  code: string;
  reachable: number | null;
}

export interface Progress {
  done: number;
  all: number;
}

interface Covered extends Reach {
  level: string;
}

/** People in reach of each smallest grid within so many minutes, county by county: the first answers come soon. */
export async function* reach(
  reader: Reader,
  minutes: number,
  signal: AbortSignal,
): AsyncGenerator<{ grids: Reach[]; progress: Progress }> {
  const parts: string[] = [];
  for (const area of await ownAreas(reader, signal)) {
    const { total, items } = await json<{ total: Covered; items: Covered[] }>(
      reader,
      `/api/v1/coverage?area=${area}&minutes=${minutes}&limit=200`,
      signal,
    );
    parts.push(...(total.level === "city" ? items.map((each) => each.code) : [area]));
  }
  for (const [place, area] of parts.entries()) {
    const query = { area, minutes: String(minutes), level: "leaf" };
    for await (const grids of pages<Reach>(reader, "/api/v1/coverage", query, signal))
      yield { grids, progress: { done: place, all: parts.length } };
  }
}

export interface Seen {
  member_id: string;
  name: string;
  precision: "exact" | "grid" | "nothing";
  position: { lon: number; lat: number } | null;
  grid: { code: string; name: string } | null;
  engagement_state: string | null;
}

/** Where members are, as precisely as the caller may know; each look is put on record. */
export async function positions(reader: Reader, signal: AbortSignal): Promise<Seen[]> {
  const found = new Map<string, Seen>();
  for (const area of await ownAreas(reader, signal))
    for await (const some of pages<Seen>(reader, "/api/v1/positions", { area, crs: "WGS84" }, signal))
      for (const each of some) found.set(each.member_id, each);
  return [...found.values()];
}

export interface Place {
  snapped_m: number;
  boundary_m: number | null;
  near_boundary: boolean;
  governance: { code: string; name: string; name_en: string | null }[];
  party: { code: string; name: string; unit_code: string; unit_name: string }[];
}

/** What a place is; undefined where no grid is near. */
export async function placeAt(reader: Reader, spot: Spot, signal: AbortSignal): Promise<Place | undefined> {
  const query = `lon=${spot.lon}&lat=${spot.lat}&crs=${spot.crs}`;
  return json<Place>(reader, `/api/v1/grids/at?${query}`, signal).catch((error: unknown) => {
    if (error instanceof Unread) return undefined;
    throw error;
  });
}

export interface BaseMap {
  layers: string[];
  attribution: string;
}

export async function baseMap(reader: Reader, signal: AbortSignal): Promise<BaseMap> {
  return json<BaseMap>(reader, "/api/v1/basemap", signal);
}

export type Bounds = [number, number, number, number];

/** West, south, east, north of what the caller sees. */
export async function bounds(reader: Reader, signal: AbortSignal): Promise<Bounds> {
  const grids = "/ogc/collections/governance_grids";
  const areas = await ownAreas(reader, signal);
  const found: Bounds = [180, 90, -180, -90];
  const spread = (at: unknown): void => {
    if (!Array.isArray(at)) return;
    const [lon, lat] = at as unknown[];
    if (typeof lon === "number" && typeof lat === "number") {
      found[0] = Math.min(found[0], lon);
      found[1] = Math.min(found[1], lat);
      found[2] = Math.max(found[2], lon);
      found[3] = Math.max(found[3], lat);
    } else for (const each of at) spread(each);
  };
  for (const area of areas.filter((each) => each.length > 4)) {
    const { features } = await json<{ features: { geometry: { coordinates: unknown } }[] }>(
      reader,
      `${grids}/items?code=${area}&limit=1&f=json`,
      signal,
    );
    for (const each of features) spread(each.geometry.coordinates);
  }
  if (found[0] < found[2] && areas.every((each) => each.length > 4)) return found;
  return (await json<{ bounds: Bounds }>(reader, `${grids}/tiles/WebMercatorQuad?f=tilejson`, signal)).bounds;
}
