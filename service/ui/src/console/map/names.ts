/** Where names stand: one a grid, though tiles cut a grid into pieces and an island makes several of one. */

import type * as GeoJSON from "geojson";

export interface Piece {
  code: string;
  properties: Record<string, string>;
  geometry: GeoJSON.Geometry;
}

type Ring = GeoJSON.Position[];
type Named = GeoJSON.Feature<GeoJSON.Point, Record<string, string>>;

function signedArea(ring: Ring): number {
  let sum = 0;
  ring.forEach(([x = 0, y = 0], place) => {
    const [nextX = 0, nextY = 0] = ring[(place + 1) % ring.length] ?? [];
    sum += x * nextY - nextX * y;
  });
  return sum / 2;
}

/** The middle of the widest stretch inside the ring, at the height of its middle: always inside. */
export function inside(ring: Ring): [number, number] {
  const heights = ring.map((each) => each[1] ?? 0);
  const height = (Math.min(...heights) + Math.max(...heights)) / 2 + 1e-9;
  const crossings: number[] = [];
  ring.forEach(([x = 0, y = 0], place) => {
    const [nextX = 0, nextY = 0] = ring[(place + 1) % ring.length] ?? [];
    if (y > height !== nextY > height) crossings.push(x + ((height - y) / (nextY - y)) * (nextX - x));
  });
  crossings.sort((one, other) => one - other);
  let best: [number, number] = [0, Number.NEGATIVE_INFINITY];
  for (let place = 0; place + 1 < crossings.length; place += 2) {
    const [from = 0, to = 0] = crossings.slice(place, place + 2);
    if (to - from > best[1]) best = [(from + to) / 2, to - from];
  }
  return [best[0], height];
}

function largest(geometry: GeoJSON.Geometry): { area: number; ring: Ring } | undefined {
  const polygons =
    geometry.type === "MultiPolygon"
      ? geometry.coordinates
      : geometry.type === "Polygon"
        ? [geometry.coordinates]
        : [];
  let found: { area: number; ring: Ring } | undefined;
  for (const [ring] of polygons) {
    if (!ring) continue;
    const area = Math.abs(signedArea(ring));
    if (!found || area > found.area) found = { area, ring };
  }
  return found;
}

/** Keeps where a name stood until a clearly larger piece of its grid is seen: names do not jump about. */
export class Names {
  #kept = new Map<string, { area: number; at: [number, number] }>();

  of(pieces: readonly Piece[]): Named[] {
    const shown = new Map<string, Piece>();
    for (const piece of pieces) {
      shown.set(piece.code, piece);
      const found = largest(piece.geometry);
      const kept = this.#kept.get(piece.code);
      if (found && (!kept || found.area > kept.area * 1.3))
        this.#kept.set(piece.code, { area: found.area, at: inside(found.ring) });
    }
    return [...shown].flatMap(([code, { properties }]) => {
      const at = this.#kept.get(code)?.at;
      return at
        ? [{ type: "Feature" as const, properties, geometry: { type: "Point" as const, coordinates: at } }]
        : [];
    });
  }
}
