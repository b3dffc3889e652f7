/** The console behind its panes: what is known, where it comes from, and what a person does at the desk. */

import { type Client, makeClient, rootOf } from "../shared/client.ts";
import { Follower, type News, type Way } from "../shared/follow.ts";
import type { Language } from "../shared/times.ts";
import { type Alarm, alarmOf } from "./alarms.ts";
import { Bells } from "./bells.ts";
import type { Spot } from "./map/contract.ts";
import { isNight, keepPrefs, type Prefs } from "./prefs.ts";
import { Reading } from "./reading.ts";
import { type Problem, problemOf, Session, unreachable } from "./session.ts";
import { allowSound, play } from "./sounds.ts";
import { emptyDraft, firstState, type Notice, type Place, type State } from "./state.ts";
import { changes, inOrder, passes, type Task } from "./tasks.ts";

/** What openapi-fetch answers with. */
interface Answer<Data> {
  data?: Data;
  response: Response;
  error?: unknown;
}

export type Done<Data> = { data: Data; problem?: undefined } | { data?: undefined; problem: Problem };

/** What comes at once is drawn at once; and what keeps coming, in milliseconds, no more often than it can be read. */
const REDRAW_AFTER = 40;
const REDRAW_EVERY = 250;

export class Desk {
  readonly state: State = firstState();
  readonly root: string;
  readonly session: Session;
  readonly api: Client;
  readonly reading: Reading;
  readonly bells: Bells;
  #follower: Follower | undefined;
  #cursor = "";
  #watchers = new Set<() => void>();
  #drawing: ReturnType<typeof setTimeout> | undefined;
  #drawnAt = 0;
  #loggedIn: (() => void)[] = [];
  #notices = 0;
  /** Tasks that this desk is just changing: what is heard of them is its own doing. */
  #own = new Map<string, number>();

  constructor(root = rootOf(location.href.replace(/#.*/, ""))) {
    this.root = root;
    this.session = new Session(root, this.state.prefs.language, () => this.#ask());
    this.api = makeClient(this.session, root);
    this.reading = new Reading(this);
    this.bells = new Bells(this);
  }

  get language(): Language {
    return this.state.prefs.language;
  }

  get night(): boolean {
    return isNight(this.state.prefs.theme);
  }

  now(): number {
    return this.session.now();
  }

  watch(call: () => void): () => void {
    this.#watchers.add(call);
    return () => this.#watchers.delete(call);
  }

  /** Draw soon, what comes together as one. */
  set(change: Partial<State>): void {
    Object.assign(this.state, change);
    if (this.#drawing) return;
    const wait = Math.max(REDRAW_AFTER, this.#drawnAt + REDRAW_EVERY - performance.now());
    this.#drawing = setTimeout(() => this.#draw(), wait);
  }

  /** What a person did is drawn at once: the next key may be meant for what comes up. */
  act(change: Partial<State>): void {
    Object.assign(this.state, change);
    this.#draw();
  }

  #draw(): void {
    clearTimeout(this.#drawing);
    this.#drawing = undefined;
    this.#drawnAt = performance.now();
    for (const call of this.#watchers) call();
  }

  prefer(change: Partial<Prefs>): void {
    const prefs = { ...this.state.prefs, ...change };
    keepPrefs(prefs);
    this.session.language = prefs.language;
    this.set({ prefs });
    if (change.language) this.touch("ledger");
    if (change.sound) void allowSound().then((on) => on && play("routine"));
  }

  // Logging in and out

  async open(): Promise<void> {
    addEventListener("online", () => this.#follower?.nudge());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.set({}));
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden && this.now() - this.state.heardAt > 60_000) this.#follower?.nudge();
    });
    const known = this.session.known && (await this.session.renew().catch(() => false));
    if (known) await this.start();
    else this.set({ standing: "out" });
  }

  async logIn(username: string, password: string): Promise<Problem | undefined> {
    try {
      const problem = await this.session.logIn({ username, password });
      if (problem) return problem;
    } catch {
      return unreachable(this.language);
    }
    const waiting = this.#loggedIn.splice(0);
    this.set({ asking: false });
    for (const call of waiting) call();
    if (this.state.standing !== "in") await this.start();
    return undefined;
  }

  async logOut(): Promise<void> {
    this.#follower?.stop();
    await this.session.logOut().catch(() => undefined);
    location.reload();
  }

  #ask(): Promise<void> {
    this.set({ asking: true });
    return new Promise((done) => this.#loggedIn.push(done));
  }

  async start(): Promise<void> {
    const me = await this.api.GET("/api/v1/me");
    if (!me.data) return this.set({ standing: "out" });
    this.set({ standing: "in", me: me.data });
    this.#follower = new Follower(this.session, this.root, {
      cursor: () => Promise.resolve(this.#cursor || undefined),
      keep: (cursor) => {
        this.#cursor = cursor;
        this.set({ heardAt: this.now() });
        return Promise.resolve();
      },
      heard: (_, news) => (news.length > 0 ? this.#hear(news) : void this.reading.everything()),
      way: (way: Way) => this.set({ way }),
      revoked: () => undefined,
    });
    void this.#follower.run();
  }

  // What happens

  #hear(news: News[]): void {
    const alarms: Alarm[] = [];
    for (const each of news) {
      if (each.kind === "member.help_acknowledged") this.bells.quieten(`help:${each.data["call"]}`);
      const alarm = alarmOf(each);
      if (alarm) alarms.push(alarm);
      if (each.task_id) this.reading.task(each.task_id);
      if (each.kind.startsWith("activation.")) void this.reading.activations();
      if (each.kind.startsWith("playbook.")) void this.reading.playbooks();
      if (each.kind === "member.changed" && each.member_id) void this.reading.person(each.member_id);
      if (each.task_id !== null && each.task_id === this.state.selected) {
        if (each.kind === "wave.planned") this.touch("ledger");
        if (each.kind === "message.sent") this.touch("messages");
        if (each.kind === "note.written") this.touch("notes");
        if (each.kind.startsWith("engagement.") || each.kind === "offer.accepted") this.touch("people");
      }
    }
    this.bells.ring(alarms);
    this.set({ news: this.state.news + 1, heard: this.state.heard + news.length });
  }

  touch(part: keyof State["touched"]): void {
    this.set({ touched: { ...this.state.touched, [part]: this.state.touched[part] + 1 } });
  }

  /** A task as it was just read; tells of what somebody else changed about the one that is looked at. */
  learn(task: Task): void {
    const before = this.state.tasks.get(task.id);
    this.state.tasks.set(task.id, task);
    this.set({});
    if (!before || task.id !== this.state.selected || this.isOwn(task.id)) return;
    const steered = changes(before, task).filter((each) => STEERED.includes(each));
    const ended = task.state === "cancelled" || task.state === "closed";
    if (steered.length > 0 || (ended && before.state !== task.state)) {
      this.notify({
        task: task.id,
        title: task.title,
        changes: ended ? ["state", ...steered] : steered,
        problem: null,
      });
    }
  }

  notify(notice: Omit<Notice, "id">): void {
    this.#notices += 1;
    this.set({ notices: [...this.state.notices.slice(-4), { ...notice, id: this.#notices }] });
  }

  dismiss(id: number): void {
    this.set({ notices: this.state.notices.filter((each) => each.id !== id) });
  }

  /** Whether this desk is just changing a task. */
  isOwn(task: string): boolean {
    return (this.#own.get(task) ?? 0) > Date.now();
  }

  // What a person does

  /** Ask the service for something. A refusal is an answer. */
  async call<Data>(asked: Promise<Answer<Data>>): Promise<Done<Data>> {
    try {
      const { data, response, error } = await asked;
      if (response.ok) return { data: data as Data };
      const said = new Response(JSON.stringify(error ?? {}), { status: response.status });
      return { problem: await problemOf(said) };
    } catch {
      return { problem: unreachable(this.language) };
    }
  }

  /** Do something to a task; says what changed meanwhile where the service refuses for its state. */
  async change<Data>(task: Task, asked: () => Promise<Answer<Data>>): Promise<Done<Data>> {
    this.#own.set(task.id, Number.MAX_SAFE_INTEGER);
    const done = await this.call(asked());
    this.#own.set(task.id, Date.now() + 2_000);
    if (done.problem?.status === 409 && !done.problem.type.endsWith("-rule-broken")) {
      const fresh = await this.reading.taskNow(task.id);
      const changed = fresh ? changes(task, fresh) : [];
      this.notify({ task: task.id, title: task.title, changes: changed, problem: done.problem });
    }
    return done;
  }

  select(id: string | null): void {
    if (id === this.state.selected && !this.state.posting) return;
    const task = id ? this.state.tasks.get(id) : undefined;
    const look = task ? { lon: task.location.lon, lat: task.location.lat } : this.state.look;
    this.act({ selected: id, posting: false, picking: false, look });
  }

  /** The tasks of the list, as they stand in it. */
  listed(): Task[] {
    const { tasks, filter, calls } = this.state;
    return inOrder(
      [...tasks.values()].filter((each) => passes(each, filter)),
      this.now(),
      calls,
    );
  }

  step(by: 1 | -1): void {
    const listed = this.listed();
    const at = listed.findIndex((each) => each.id === this.state.selected);
    const next = listed[at < 0 ? 0 : Math.min(Math.max(at + by, 0), listed.length - 1)];
    if (next) this.select(next.id);
  }

  beginPost(): void {
    const { draft, playbooks } = this.state;
    const category = draft.category || (playbooks[0]?.category ?? "");
    this.act({ posting: true, picking: draft.place === null, draft: { ...draft, category } });
  }

  pick(spot: Spot): void {
    this.place({ ...spot, name: "" });
  }

  place(place: Place | null): void {
    const look = place ? { lon: place.lon, lat: place.lat, zoom: 14 } : this.state.look;
    const moved = place?.name ? { look } : {};
    this.act({ draft: { ...this.state.draft, place }, picking: place === null, ...moved });
  }

  posted(task: Task): void {
    this.learn(task);
    this.#own.set(task.id, Date.now() + 3_000);
    const { lon, lat } = task.location;
    const draft = emptyDraft(task.category);
    this.act({ posting: false, picking: false, selected: task.id, draft, look: { lon, lat, zoom: 13 } });
  }
}

const STEERED = ["title", "instructions", "needed_by", "seats"];
