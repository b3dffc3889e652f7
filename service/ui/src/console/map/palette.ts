/** The map's colours, by day and by night. */

import type { Level, Urgency } from "./contract.ts";

export interface Palette {
  sea: string;
  land: string;
  line: string;
  /** Of boundaries one level up, and of what is pointed at. */
  strong: string;
  ink: string;
  halo: string;
  link: string;
  closed: string;
  gap: string;
  overlap: string;
  overlay: string;
  person: string;
  drill: string;
  pin: Record<Urgency, string>;
  ended: string;
  level: Record<Level, string>;
  /** People in reach: nobody, then each step of `STEPS`. */
  heat: readonly string[];
  /** Units: neighbours should differ, none should shout. */
  units: readonly string[];
}

/** The least number of people of each colour of the heat but the first, which is nobody. */
export const STEPS = [1, 5, 10, 30] as const;

const DAY: Palette = {
  sea: "#dde7ec",
  land: "#f8f6f1",
  line: "#9aa4ad",
  strong: "#2f3b45",
  ink: "#26313a",
  halo: "#ffffff",
  link: "#1f5f99",
  closed: "#c1121f",
  gap: "#b3261e",
  overlap: "#6d3fa0",
  overlay: "#3d6b74",
  person: "#0a6b4f",
  drill: "#7b2fbe",
  pin: { routine: "#2f6f9f", urgent: "#c25e00", critical: "#b3121d" },
  ended: "#7d868d",
  level: { I: "#d32027", II: "#e8710a", III: "#d9a800", IV: "#1a73e8" },
  heat: ["#f0d5cf", "#d8ead9", "#a5d3b0", "#5fae83", "#1d7a55"],
  units: ["#8fb8d8", "#e3c08f", "#a9cf9a", "#d9a5b3", "#b9aee0", "#97d0c9", "#d8d28a", "#c9b5a1"],
};

const NIGHT: Palette = {
  sea: "#0b1216",
  land: "#1a2329",
  line: "#50606b",
  strong: "#d5dfe6",
  ink: "#d9e2e8",
  halo: "#10181d",
  link: "#7fb8ea",
  closed: "#ff6b6b",
  gap: "#ff8a80",
  overlap: "#c6a1f5",
  overlay: "#8fc3cc",
  person: "#6fe0b5",
  drill: "#cf9bff",
  pin: { routine: "#7db9e8", urgent: "#ffab5e", critical: "#ff6d6d" },
  ended: "#8b979f",
  level: { I: "#ff5a5f", II: "#ff9a3d", III: "#ffd24a", IV: "#6aa9ff" },
  heat: ["#4a2a2b", "#1f3b33", "#23594a", "#2c8468", "#45bd92"],
  units: ["#3f6685", "#7d6238", "#4c7040", "#7a4653", "#5b5288", "#37706a", "#736e2c", "#6a5846"],
};

export function palette(night: boolean): Palette {
  return night ? NIGHT : DAY;
}

/** A colour among `units`, the same for a unit wherever it is shown. */
export function unitTint(code: string): number {
  let hash = 7;
  for (const letter of code) hash = (hash * 31 + letter.charCodeAt(0)) % 65521;
  return hash % DAY.units.length;
}
