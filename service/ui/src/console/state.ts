/** What the console knows and shows. */

import type { Schemas } from "../shared/client.ts";
import type { Way } from "../shared/follow.ts";
import type { Alarm } from "./alarms.ts";
import type { Spot } from "./map/contract.ts";
import { type Prefs, readPrefs } from "./prefs.ts";
import type { Problem } from "./session.ts";
import type { Filter, Task } from "./tasks.ts";
import { uuid } from "./uuid.ts";

export type Person = Schemas["MemberOut"];
export type Activation = Schemas["ActivationOut"];
export type Playbook = Pick<Schemas["PlaybookOut"], "category" | "name_zh" | "name_en">;
export type Skill = Schemas["SkillOut"];
export type Unit = Schemas["UnitOut"];
export type Me = Schemas["Me"];

export type Dialog = "mode" | "help" | "end_mode";

/** A place that a task is to be posted at. */
export interface Place extends Spot {
  /** In words, where it was found by a name. */
  name: string;
}

/** What was typed of a new task; it outlives everything but a reload. */
export interface Draft {
  title: string;
  category: string;
  urgency: "routine" | "urgent" | "critical";
  place: Place | null;
  seats: { skills: string[]; count: number }[];
  /** As an input of the kind datetime-local has it; empty: none. */
  needed_by: string;
  instructions: string;
  drill: boolean;
  residents_only: boolean;
  /** The same for each try: a task is posted once. */
  key: string;
}

/** What changed under one's hands, or was refused. */
export interface Notice {
  id: number;
  task: string;
  title: string;
  /** Keys of `tasks.changes`. */
  changes: string[];
  problem: Problem | null;
}

/** Counts up when that part of the selected task is to be read anew. */
export interface Touched {
  ledger: number;
  messages: number;
  notes: number;
  people: number;
}

export interface State {
  standing: "opening" | "out" | "in";
  /** The session is over while the console is open. */
  asking: boolean;
  me: Me | null;
  tasks: Map<string, Task>;
  people: Map<string, Person>;
  units: Map<string, Unit>;
  playbooks: Playbook[];
  skills: Skill[];
  activations: Activation[];
  way: Way;
  /** When the service was last heard of, in milliseconds; 0: never. */
  heardAt: number;
  loaded: boolean;
  selected: string | null;
  filter: Filter;
  posting: boolean;
  picking: boolean;
  draft: Draft;
  look: { lon: number; lat: number; zoom?: number } | null;
  dialog: Dialog | null;
  alarms: Alarm[];
  /** Tasks with somebody who called for help. */
  calls: Set<string>;
  notices: Notice[];
  touched: Touched;
  news: number;
  /** Events that were heard since the page was opened. */
  heard: number;
  /** Said aloud by screen readers. */
  said: string;
  prefs: Prefs;
}

export function emptyDraft(category = ""): Draft {
  return {
    title: "",
    category,
    urgency: "urgent",
    place: null,
    seats: [{ skills: [], count: 2 }],
    needed_by: "",
    instructions: "",
    drill: false,
    residents_only: false,
    key: uuid(),
  };
}

export function firstState(): State {
  return {
    standing: "opening",
    asking: false,
    me: null,
    tasks: new Map(),
    people: new Map(),
    units: new Map(),
    playbooks: [],
    skills: [],
    activations: [],
    way: "connecting",
    heardAt: 0,
    loaded: false,
    selected: null,
    filter: { state: "live", drills: true, text: "" },
    posting: false,
    picking: false,
    draft: emptyDraft(),
    look: null,
    dialog: null,
    alarms: [],
    calls: new Set(),
    notices: [],
    touched: { ledger: 0, messages: 0, notes: 0, people: 0 },
    news: 0,
    heard: 0,
    said: "",
    prefs: readPrefs(),
  };
}
