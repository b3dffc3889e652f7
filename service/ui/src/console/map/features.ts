/** Pins and people as the map's own features. */

import type * as GeoJSON from "geojson";
import type { MapProps, PersonPin, Spot, TaskPin } from "./contract.ts";
import { iconOf, RANKS } from "./icons.ts";
import type { Seen } from "./read.ts";

type Properties = Record<string, string | number | boolean>;
type Features = GeoJSON.FeatureCollection<GeoJSON.Point, Properties>;

function point(at: { lon: number; lat: number }, properties: Properties): Features["features"][number] {
  return { type: "Feature", geometry: { type: "Point", coordinates: [at.lon, at.lat] }, properties };
}

function collection(features: Features["features"]): Features {
  return { type: "FeatureCollection", features };
}

export function taskFeatures(tasks: readonly TaskPin[]): Features {
  return collection(
    tasks.map((task) =>
      point(task, {
        id: task.id,
        icon: iconOf(task.urgency, task.state, task.drill),
        rank: task.drill ? -1 : RANKS.indexOf(task.urgency),
        drill: task.drill,
      }),
    ),
  );
}

/** What is selected, in front of everything and in no cluster, and the place that was pointed at. */
export function chosenFeatures({ tasks, selected, picked }: MapProps): Features {
  const found: Features["features"] = [];
  const task = tasks.find((each) => each.id === selected);
  if (task) {
    found.push(point(task, { id: task.id, icon: "ring" }));
    found.push(point(task, { id: task.id, icon: iconOf(task.urgency, task.state, task.drill) }));
  }
  if (picked) found.push(point(picked, { icon: "target" }));
  return collection(found);
}

export function peopleFeatures(people: readonly PersonPin[]): Features {
  return collection(
    people.map((each) => point(each, { id: each.id, name: each.name, exact: each.exact, state: each.state })),
  );
}

export interface Crowd {
  features: Features;
  /** People by the code of their grid, of those shown by it. */
  byGrid: Map<string, number>;
  all: number;
  exact: number;
}

/** Exact ones as points, the others as one number a grid. */
export function crowd(seen: readonly Seen[]): Crowd {
  const exact = seen.filter((each) => each.precision === "exact" && each.position);
  const rough = seen.filter((each) => each.precision === "grid" && each.position && each.grid);
  const byGrid = new Map<string, number>();
  const places = new Map<string, { lon: number; lat: number }>();
  for (const { grid, position } of rough) {
    if (!grid || !position) continue;
    byGrid.set(grid.code, (byGrid.get(grid.code) ?? 0) + 1);
    places.set(grid.code, position);
  }
  const counts = [...places].map(([code, at]) => point(at, { code, count: byGrid.get(code) ?? 0 }));
  const points = exact.flatMap(({ position, member_id, name }) =>
    position ? [point(position, { id: member_id, name })] : [],
  );
  return {
    features: collection([...counts, ...points]),
    byGrid,
    all: rough.length + exact.length,
    exact: exact.length,
  };
}

export function spot(at: { lng: number; lat: number }): Spot {
  return { lon: Number(at.lng.toFixed(6)), lat: Number(at.lat.toFixed(6)), crs: "WGS84" };
}

export function spotText({ lon, lat }: { lon: number; lat: number }): string {
  return `${lon.toFixed(5)}, ${lat.toFixed(5)}`;
}
