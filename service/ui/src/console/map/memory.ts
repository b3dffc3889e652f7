/** What the map looked at last and which layers it showed, kept in this browser. */

import { GROUPS, type Group } from "./layers.ts";

const PLACE = "vanguard.map";

export interface Memory {
  center?: [number, number];
  zoom?: number;
  shown: Group[];
  /** undefined: open where there is room for it. */
  legend?: boolean;
  base: boolean;
}

const FIRST: Memory = { shown: ["grids", "tasks", "links", "activations"], base: true };

export function recall(): Memory {
  try {
    const kept = JSON.parse(localStorage.getItem(PLACE) ?? "{}") as Partial<Memory>;
    const shown = kept.shown?.filter((each) => GROUPS.includes(each)) ?? FIRST.shown;
    // Each look at members is put on record: nobody looks again by opening the page.
    return { ...FIRST, ...kept, shown: shown.filter((each) => each !== "members") };
  } catch {
    return FIRST;
  }
}

export function remember(memory: Memory): void {
  try {
    localStorage.setItem(PLACE, JSON.stringify(memory));
  } catch {
    // A browser that keeps nothing shows the whole area the next time.
  }
}
