/** What the map pane is given and tells: the console keeps the state, the map shows it. Positions are WGS 84. */

import type { Language } from "../../shared/times.ts";

export type Urgency = "routine" | "urgent" | "critical";
export type Level = "I" | "II" | "III" | "IV";

/** A position as the API takes it. */
export interface Spot {
  lon: number;
  lat: number;
  crs: "WGS84";
}

/** A task's pin. */
export interface TaskPin {
  id: string;
  lon: number;
  lat: number;
  urgency: Urgency;
  /** open, staffed, under_way, closed, cancelled, expired. */
  state: string;
  drill: boolean;
}

/** A person of the selected task. */
export interface PersonPin {
  id: string;
  name: string;
  lon: number;
  lat: number;
  /** false: rough, the middle of a cell. */
  exact: boolean;
  /** The state of their engagement: accepted, en_route, on_scene; or of their offer. */
  state: string;
}

/** An activation that runs. */
export interface ActiveArea {
  area: string;
  level: Level;
}

export interface MapProps {
  tasks: TaskPin[];
  people: PersonPin[];
  activations: ActiveArea[];
  selected: string | null;
  onSelect(id: string | null): void;
  /** A place is being pointed at: a click goes to `onPick` and selects nothing. */
  picking: boolean;
  /** Where was pointed at, or the place that a name stands for; a marker. */
  picked: Spot | null;
  onPick(spot: Spot): void;
  /** Where to look: a new object moves the map there. */
  look: { lon: number; lat: number; zoom?: number } | null;
  night: boolean;
  language: Language;
  /** For the map's own requests: the service's address without a slash at the end, and fetch with the token. */
  root: string;
  fetch(request: Request): Promise<Response>;
}
