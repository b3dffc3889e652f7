/** Reading from the service: everything at first, then what the feed says has changed, each once however often told. */

import { alarmOfCall } from "./alarms.ts";
import type { Desk } from "./desk.ts";
import type { Person } from "./state.ts";
import { isLive, LIVE, type Task } from "./tasks.ts";

const PAGE = 200;
const ROSTER_PAGE = 500;
/** Tasks that are read by one request, and the milliseconds from one to the next. */
const TOGETHER = 100;
const PAUSE = 500;
/** Ended tasks that are kept, the newest. */
const MOST_ENDED = 100;
const SOON = 150;
/** After so many milliseconds everything is tried again that could not be read. */
const AGAIN = 3_000;

type TaskState = "open" | "staffed" | "under_way" | "closed" | "cancelled" | "expired";

export class Reading {
  #desk: Desk;
  #dirty = new Set<string>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #roster: Promise<void> | undefined;

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  /** The whole picture: called after the feed's cursor was taken. Tries until it is there. */
  async everything(): Promise<void> {
    const desk = this.#desk;
    try {
      const found = await Promise.all((LIVE as TaskState[]).map((state) => this.#tasks(state)));
      await Promise.all([this.activations(), this.playbooks(), this.skills(), this.units(), this.calls()]);
      const tasks = new Map(found.flat().map((each) => [each.id, each]));
      const selected = desk.state.selected && desk.state.tasks.get(desk.state.selected);
      if (selected && !tasks.has(selected.id)) this.task(selected.id);
      desk.set({ tasks, loaded: true, heardAt: desk.now(), news: desk.state.news + 1 });
      this.#roster ??= this.#people();
    } catch {
      setTimeout(() => void this.everything(), AGAIN);
    }
  }

  async #tasks(state: TaskState, pages = 20): Promise<Task[]> {
    const found: Task[] = [];
    let after: string | undefined;
    for (let page = 0; page < pages; page += 1) {
      const query = { state, limit: PAGE, crs: "WGS84" as const, ...(after ? { after } : {}) };
      const { data } = await this.#desk.api.GET("/api/v1/tasks", { params: { query } });
      if (!data) throw new TypeError("no tasks");
      found.push(...data.items);
      if (!data.next) break;
      after = data.next;
    }
    return found;
  }

  /** The newest of those that have ended, for the filter. */
  async ended(): Promise<void> {
    const states: TaskState[] = ["closed", "cancelled", "expired"];
    const found = await Promise.all(states.map((state) => this.#tasks(state, 1))).catch(() => []);
    for (const each of found.flat()) this.#desk.state.tasks.set(each.id, each);
    this.#desk.set({});
  }

  /** That task changed: it is read soon. */
  task(id: string): void {
    this.#dirty.add(id);
    this.#timer ??= setTimeout(() => void this.#flush(), SOON);
  }

  /** All that changed since the last time, as one request; what changes meanwhile is the next one's. */
  async #flush(): Promise<void> {
    const some = [...this.#dirty].slice(0, TOGETHER);
    for (const id of some) this.#dirty.delete(id);
    const [first] = some;
    if (first && some.length === 1) await this.taskNow(first);
    else if (some.length > 0) await this.#tasksNow(some);
    this.#forget();
    this.#timer = undefined;
    if (this.#dirty.size > 0) this.#timer = setTimeout(() => void this.#flush(), PAUSE);
  }

  async #tasksNow(ids: string[]): Promise<void> {
    const desk = this.#desk;
    try {
      const query = { id: ids, limit: TOGETHER, crs: "WGS84" as const };
      const { data } = await desk.api.GET("/api/v1/tasks", { params: { query } });
      if (!data) throw new TypeError("no tasks");
      const gone = new Set(ids);
      for (const each of data.items) {
        gone.delete(each.id);
        desk.learn(each);
      }
      for (const id of gone) desk.state.tasks.delete(id);
    } catch {
      setTimeout(() => ids.forEach((id) => void this.task(id)), AGAIN);
    }
  }

  /** One task as it is now; undefined: it is not there, or not to be read. */
  async taskNow(id: string): Promise<Task | undefined> {
    const desk = this.#desk;
    try {
      const params = { path: { task_id: id }, query: { crs: "WGS84" as const } };
      const { data, response } = await desk.api.GET("/api/v1/tasks/{task_id}", { params });
      if (data) desk.learn(data);
      else if (response.status === 404 || response.status === 403) desk.state.tasks.delete(id);
      return data;
    } catch {
      setTimeout(() => this.task(id), AGAIN);
      return undefined;
    }
  }

  #forget(): void {
    const { tasks, selected } = this.#desk.state;
    const ended = [...tasks.values()].filter((each) => !isLive(each) && each.id !== selected);
    ended.sort((a, b) => Date.parse(b.ended_at ?? b.created_at) - Date.parse(a.ended_at ?? a.created_at));
    for (const each of ended.slice(MOST_ENDED)) tasks.delete(each.id);
  }

  async activations(): Promise<void> {
    const lists = await Promise.all(
      (["live", "planned"] as const).map((state) =>
        this.#desk.api.GET("/api/v1/activations", { params: { query: { state, limit: PAGE } } }),
      ),
    );
    const found = lists.flatMap((each) => each.data?.items ?? []);
    if (lists.every((each) => each.data)) this.#desk.set({ activations: found });
  }

  /** Calls for help that nobody has acknowledged, whenever they came. Only dispatchers may read them. */
  async calls(): Promise<void> {
    const desk = this.#desk;
    if (!desk.state.me?.roles.includes("dispatcher")) return;
    const query = { state: "open" as const, limit: PAGE };
    const { data } = await desk.api.GET("/api/v1/help-calls", { params: { query } });
    if (!data) throw new TypeError("no calls");
    desk.bells.callsAre(data.items.map(alarmOfCall));
  }

  async playbooks(): Promise<void> {
    const { data } = await this.#desk.api.GET("/api/v1/playbooks");
    if (!data) return;
    // A form may be open already, still without a category.
    const { draft } = this.#desk.state;
    const category = draft.category || (data.items[0]?.category ?? "");
    this.#desk.set({ playbooks: data.items, draft: { ...draft, category } });
  }

  async skills(): Promise<void> {
    const { data } = await this.#desk.api.GET("/api/v1/skills");
    if (data) this.#desk.set({ skills: data.items });
  }

  async units(): Promise<void> {
    const { data } = await this.#desk.api.GET("/api/v1/units", { params: { query: { limit: ROSTER_PAGE } } });
    if (data) this.#desk.set({ units: new Map(data.items.map((each) => [each.code, each])) });
  }

  /** The names of everybody whom one may know, in the background. */
  async #people(): Promise<void> {
    let after: string | undefined;
    for (;;) {
      const query = { limit: ROSTER_PAGE, ...(after ? { after } : {}) };
      const { data } = await this.#desk.api.GET("/api/v1/members", { params: { query } });
      if (!data) return;
      for (const each of data.items) this.#desk.state.people.set(each.id, each);
      this.#desk.set({});
      if (!data.next) return;
      after = data.next;
    }
  }

  async person(id: string): Promise<void> {
    const params = { path: { member_id: id } };
    const { data } = await this.#desk.api.GET("/api/v1/members/{member_id}", { params });
    if (data) this.#desk.state.people.set(id, data as Person);
    this.#desk.set({});
  }
}
