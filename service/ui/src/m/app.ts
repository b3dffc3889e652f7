/** The app behind the screens: what is known, what the member does, and when the service is asked. */

import { type Client, makeClient, rootOf } from "../shared/client.ts";
import { Memory, type Verdict } from "../shared/database.ts";
import { Follower, type Way } from "../shared/follow.ts";
import { Outbox } from "../shared/outbox.ts";
import { Revoked, Session } from "../shared/session.ts";
import type { Language } from "../shared/times.ts";
import { type Action, isCall, together, type Waiting } from "./actions.ts";
import { read } from "./read.ts";
import { deliver } from "./send.ts";
import { NOTHING, type Snapshot } from "./view.ts";

/** Who the phone is; `revoked` keeps what it had, for when the same member is enrolled again. */
export type Standing = "opening" | "nobody" | "enrolled" | "revoked";

export interface State {
  standing: Standing;
  language: Language;
  way: Way;
  said: Snapshot;
  queue: Waiting[];
  verdicts: Verdict<Action>[];
  /** Ring when an offer comes. */
  sound: boolean;
  /** Whether the member shares their position while engaged; undefined: has not been asked. */
  share: boolean | undefined;
}

/** What is kept under a name of its own. */
const KEEP = {
  token: "token",
  member: "member",
  language: "language",
  said: "said",
  cursor: "cursor",
  sound: "sound",
  share: "share",
} as const;
const SOON = 150;

export class App {
  readonly root = rootOf(location.origin + location.pathname);
  readonly memory = new Memory<Action>("vanguard-m");
  readonly session: Session;
  readonly api: Client;
  state: State;
  #outbox: Outbox<Waiting>;
  #follower: Follower | undefined;
  #watchers = new Set<() => void>();
  #tabs = new BroadcastChannel("vanguard-m");
  /** The member whose phone this is; "" when it is nobody's. */
  member = "";
  #loading: Promise<void> | undefined;
  #again = false;
  /** How many requests of the outbox have had their verdict. */
  #settled = 0;
  #soon: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    this.session = new Session({
      root: this.root,
      deviceToken: () => this.memory.get<string>(KEEP.token),
      language: () => this.state.language,
    });
    this.api = makeClient(this.session, this.root);
    this.state = {
      standing: "opening",
      language: preferred(),
      way: "connecting",
      said: NOTHING,
      queue: [],
      verdicts: [],
      sound: true,
      share: undefined,
    };
    this.#outbox = new Outbox<Waiting>({
      queue: async () => (await this.memory.queue()).filter((each) => each.member === this.member),
      together,
      send: (items) => deliver(this, items),
      settle: async (items, outcome) => {
        const last = items.findLast(isCall) ?? items.at(-1);
        const verdicts = outcome.is === "refused" && last ? [verdict(last, outcome)] : [];
        // Of positions that are not taken one after another, the last is told.
        const isPosition = (each?: { action: Action }) => each?.action.do === "checkin" && !isCall(each);
        const told = isPosition(last) ? this.state.verdicts.filter(isPosition) : [];
        for (const each of told) await this.memory.forgetVerdict(each.seq);
        await this.memory.settle(
          items.map((each) => each.seq),
          verdicts,
        );
        this.#settled += 1;
        await this.reread();
        this.#tabs.postMessage("changed");
      },
      alone: async (work) => {
        if ("locks" in navigator) await navigator.locks.request("vanguard-m-outbox", work);
        else await work();
      },
      after: (milliseconds, call) => setTimeout(call, milliseconds),
    });
  }

  /** Open with what the phone remembers, then look for what is new. */
  async open(): Promise<void> {
    const [token, member, language, said, sound, share] = await Promise.all([
      this.memory.get<string>(KEEP.token),
      this.memory.get<string>(KEEP.member),
      this.memory.get<Language>(KEEP.language),
      this.memory.get<Snapshot>(KEEP.said),
      this.memory.get<boolean>(KEEP.sound),
      this.memory.get<boolean>(KEEP.share),
    ]);
    this.member = member ?? "";
    this.set({
      language: language ?? this.state.language,
      said: { ...NOTHING, ...said },
      sound: sound ?? true,
      share,
      standing: token ? "enrolled" : member ? "revoked" : "nobody",
    });
    this.#tabs.onmessage = () => void this.reread();
    addEventListener("online", () => this.wake());
    addEventListener("offline", () => this.set({ way: "offline" }));
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") this.wake();
    });
    await this.reread();
    if (token) this.#begin();
  }

  watch(watcher: () => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  set(change: Partial<State>): void {
    this.state = { ...this.state, ...change };
    for (const each of this.#watchers) each();
  }

  /** The time by the server's clock, in milliseconds. */
  now(): number {
    return this.session.now();
  }

  /** Do something: it is on the phone's disk when this returns, and on its way. */
  async act(action: Action): Promise<void> {
    const at = new Date(this.now()).toISOString();
    await this.memory.add({ key: crypto.randomUUID(), at, member: this.member, action });
    await this.reread();
    this.#tabs.postMessage("changed");
    void this.#outbox.flush();
  }

  /** Take the queue and the verdicts from the disk. */
  async reread(): Promise<void> {
    const [queue, verdicts] = await Promise.all([this.memory.queue(), this.memory.verdicts()]);
    this.set({ queue: queue.filter((each) => each.member === this.member), verdicts });
  }

  async dismiss(seq: number): Promise<void> {
    await this.memory.forgetVerdict(seq);
    await this.reread();
  }

  /** Network back, or the phone awake: whatever was missed is caught up with. */
  wake(): void {
    if (this.state.standing !== "enrolled") return;
    void this.#outbox.flush();
    this.#follower?.nudge();
    this.refresh();
  }

  /** Ask the service for everything that the screens show, soon; calls that come together ask once. */
  refresh(): void {
    clearTimeout(this.#soon);
    this.#soon = setTimeout(() => void this.load(), SOON);
  }

  /** Ask now. Without a network everything stays as it was. */
  load(): Promise<void> {
    this.#again = true;
    this.#loading ??= this.#load().finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  async #load(): Promise<void> {
    while (this.#again) {
      this.#again = false;
      const settled = this.#settled;
      try {
        const said = await read(this);
        // What was delivered meanwhile may not be in it yet.
        if (settled === this.#settled) await this.keep(said);
        else this.#again = true;
      } catch (error) {
        if (error instanceof Revoked) return this.revoked();
        if (!(error instanceof TypeError)) throw error;
      }
    }
  }

  async keep(said: Snapshot): Promise<void> {
    this.set({ said });
    await this.memory.set(KEEP.said, said);
  }

  /** Turn a code into this phone's token. Gives the reason why not, in words; "" when it went well. */
  async enrol(code: string, name: string): Promise<string> {
    const body = JSON.stringify({ code, name });
    const headers = { "Content-Type": "application/json" };
    const request = new Request(`${this.root}/api/v1/devices/enrol`, { method: "POST", body, headers });
    const answer = await this.session.send(request);
    const said = await answer.json();
    if (!answer.ok) return said.detail ?? said.title;
    if (this.member && this.member !== said.member_id) await this.#wipe();
    await this.memory.set(KEEP.token, said.device_token);
    await this.memory.set(KEEP.member, said.member_id);
    this.member = said.member_id;
    this.session.forget();
    this.set({ standing: "enrolled" });
    await this.reread();
    this.#begin();
    return "";
  }

  /** The service knows the token no longer: it is forgotten; the outbox is kept for the same member. */
  async revoked(): Promise<void> {
    this.#follower?.stop();
    this.session.forget();
    await this.memory.set(KEEP.token, "");
    await this.memory.set(KEEP.cursor, "");
    await this.keep({ ...NOTHING, name: this.state.said.name });
    this.set({ standing: "revoked" });
  }

  /** Log out and forget everything. Without a network the token dies here alone. */
  async leave(): Promise<void> {
    this.#follower?.stop();
    await this.api.POST("/api/v1/logout").catch(() => {});
    await this.#wipe();
    this.set({ standing: "nobody" });
  }

  /** Be erased, for good. Gives the reason why not, in words; "" when it is done. */
  async erase(confirm: string): Promise<string> {
    const { error } = await this.api.DELETE("/api/v1/me", { body: { confirm } });
    if (error) return error.detail;
    this.#follower?.stop();
    await this.#wipe();
    this.set({ standing: "nobody" });
    return "";
  }

  async #wipe(): Promise<void> {
    const { language } = this.state;
    await this.memory.wipe();
    await this.memory.set(KEEP.language, language);
    this.session.forget();
    this.member = "";
    this.set({ said: NOTHING, queue: [], verdicts: [], share: undefined });
    this.#tabs.postMessage("changed");
  }

  async speak(language: Language): Promise<void> {
    this.set({ language });
    await this.memory.set(KEEP.language, language);
    this.refresh();
  }

  async setSound(sound: boolean): Promise<void> {
    this.set({ sound });
    await this.memory.set(KEEP.sound, sound);
  }

  async setShare(share: boolean): Promise<void> {
    this.set({ share });
    await this.memory.set(KEEP.share, share);
  }

  #begin(): void {
    void navigator.storage?.persist?.();
    this.#follower = new Follower(this.session, this.root, {
      cursor: () => this.memory.get<string>(KEEP.cursor),
      keep: (cursor) => this.memory.set(KEEP.cursor, cursor),
      heard: () => this.refresh(),
      way: (way) => {
        if (this.state.way === "offline" && way !== "offline") this.refresh();
        this.set({ way });
      },
      revoked: () => void this.revoked(),
    });
    void this.#follower.run();
    void this.#outbox.flush();
    void this.load();
  }
}

/** Chinese, unless the phone speaks English. */
function preferred(): Language {
  return navigator.language.toLowerCase().startsWith("en") ? "en" : "zh";
}

function verdict(item: Waiting, outcome: { title: string; detail: string }): Verdict<Action> {
  return { seq: item.seq, action: item.action, title: outcome.title, detail: outcome.detail };
}
