/**
 * The event feed: a stream where it gets through, short questions where it does not, from where one left off.
 *
 * `EventSource` sends no Bearer header and gives up for good on a 401 or 502; so the stream is read with `fetch`.
 */

import { EventSourceParserStream } from "eventsource-parser/stream";
import { Revoked, type Session } from "./session.ts";

/** How news comes: `live` is the stream, `polling` the questions, `offline` neither at the moment. */
export type Way = "connecting" | "live" | "polling" | "offline";

/** What the feed tells of something that happened. */
export interface News {
  kind: string;
  at: string;
  area_code: string | null;
  task_id: string | null;
  member_id: string | null;
  data: Record<string, unknown>;
}

export interface Listener {
  /** Where the last one left off. */
  cursor(): Promise<string | undefined>;
  keep(cursor: string): Promise<void>;
  /** Something happened; `kinds` is empty when it is not known what, as after a gap. */
  heard(kinds: string[], news: News[]): void;
  way(way: Way): void;
  revoked(): void;
}

/** Silence after which a stream is taken for dead; the server sends a heartbeat more often. */
const SILENCE = 45_000;
/** The service answered, and not well. */
class Unwell extends Error {}

/** The service is there, but its stream does not get through. */
class Blocked extends Error {}

const NUDGED = "nudged";
const SILENT = "silent";
const FIRST_WAIT = 1_000;
const LONGEST_WAIT = 30_000;
const POLL_EVERY = 10_000;
/** Streams that failed one after another before one polls, and questions before the stream is tried again. */
const STREAMS = 2;
const QUESTIONS = 12;

export class Follower {
  #session: Pick<Session, "fetch">;
  #events: string;
  #listener: Listener;
  #stopped = false;
  #wake: () => void = () => {};
  /** Ends what is being waited for: a stream or a question. */
  #current = new AbortController();

  constructor(session: Pick<Session, "fetch">, root: string, listener: Listener) {
    this.#session = session;
    this.#events = `${root}/api/v1/events`;
    this.#listener = listener;
  }

  stop(): void {
    this.#stopped = true;
    this.nudge();
  }

  /** Look at once: the network is back, or the phone woke up and the stream may be dead without saying so. */
  nudge(): void {
    this.#current.abort(NUDGED);
    this.#wake();
  }

  async run(): Promise<void> {
    let blocked = 0;
    let failures = 0;
    let questions = 0;
    while (!this.#stopped) {
      this.#current = new AbortController();
      const asks = blocked >= STREAMS;
      try {
        await this.#begin();
        if (asks) {
          await this.#ask();
          this.#listener.way("polling");
          questions += 1;
          // When questions failed too, the service was away and not just its streams: they get another try.
          if (failures > 0 || questions >= QUESTIONS) blocked = questions = 0;
          failures = 0;
          if (blocked > 0) await this.#sleep(POLL_EVERY);
        } else {
          await this.#stream();
          blocked = failures = 0;
        }
      } catch (error) {
        if (error instanceof Revoked) return this.#listener.revoked();
        if (this.#current.signal.reason === NUDGED) continue;
        this.#listener.way("offline");
        if (error instanceof Blocked) {
          blocked += 1;
          continue;
        }
        const wait = Math.min(FIRST_WAIT * 2 ** failures, LONGEST_WAIT);
        failures += 1;
        await this.#sleep(wait * (0.75 + Math.random() / 2));
      }
    }
  }

  /** Without a cursor: the newest one, and then everything is read anew. */
  async #begin(): Promise<void> {
    if (await this.#listener.cursor()) return;
    const { cursor } = (await this.#json(`${this.#events}/cursor`)) as { cursor: string };
    await this.#listener.keep(cursor);
    this.#listener.heard([], []);
  }

  /**
   * Read the stream until it ends. What happened has a dot in its name, the stream's own words (hello, heartbeat, …) have
   * none; all carry the place to go on from. Throws Blocked when the service was reached and yet nothing came.
   */
  async #stream(): Promise<void> {
    let reached = false;
    let heard = false;
    let silence: ReturnType<typeof setTimeout> | undefined;
    const listen = () => {
      clearTimeout(silence);
      silence = setTimeout(() => this.#current.abort(SILENT), SILENCE);
    };
    try {
      listen();
      const answer = await this.#get(await this.#address(), "text/event-stream");
      reached = true;
      if (!answer.body) throw new Blocked();
      this.#listener.way("live");
      const messages = answer.body
        .pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array<ArrayBuffer>>)
        .pipeThrough(new EventSourceParserStream());
      const reader = messages.getReader();
      for (;;) {
        const { value, done } = await reader.read();
        if (done) break;
        listen();
        heard = true;
        if (value.id) await this.#listener.keep(value.id);
        if (value.event?.includes(".")) this.#listener.heard([value.event], [JSON.parse(value.data) as News]);
      }
    } catch (error) {
      const { reason } = this.#current.signal;
      if (reason === NUDGED || error instanceof Revoked) throw error;
      reached ||= error instanceof Unwell || reason === SILENT;
      if (!reached) throw error;
    } finally {
      clearTimeout(silence);
    }
    // A proxy that holds streams back opens them as well: only one that said something got through.
    if (!heard) throw new Blocked();
  }

  async #ask(): Promise<void> {
    const found = (await this.#json(await this.#address("&poll=true"))) as {
      items: News[];
      next: string;
    };
    await this.#listener.keep(found.next);
    if (found.items.length > 0) {
      const kinds = found.items.map((each) => each.kind);
      this.#listener.heard(kinds, found.items);
    }
  }

  async #address(more = ""): Promise<string> {
    return `${this.#events}?after=${encodeURIComponent((await this.#listener.cursor()) ?? "")}${more}`;
  }

  async #json(address: string): Promise<unknown> {
    return (await this.#get(address, "application/json")).json();
  }

  /** An answer that is well. A cursor that the server does not know (any more) is forgotten. */
  async #get(address: string, accept: string): Promise<Response> {
    const headers = { Accept: accept };
    const answer = await this.#session.fetch(new Request(address, { headers, signal: this.#current.signal }));
    if (answer.status === 410 || answer.status === 422) await this.#listener.keep("");
    if (!answer.ok) throw new Unwell(`${address}: ${answer.status}`);
    return answer;
  }

  #sleep(milliseconds: number): Promise<void> {
    return new Promise((done) => {
      const timer = setTimeout(done, milliseconds);
      this.#wake = () => {
        clearTimeout(timer);
        done();
      };
    });
  }
}
