/**
 * The outbox: what a person did is delivered in order, once, whatever the network does meanwhile.
 *
 * The head of the queue is sent until there is a verdict on it: done, or refused for good. A network that is down or a
 * server that fails keeps everything where it is; the next try comes after a back-off, or when somebody calls `flush`.
 */

export type Outcome =
  | { is: "done" }
  | { is: "refused"; title: string; detail: string }
  /** No verdict yet: try again, not before `after` milliseconds if the server said so. */
  | { is: "later"; after?: number }
  /** Nobody is logged in: everything stays until somebody is. */
  | { is: "stopped" };

/** What the outbox needs of the world; a test brings its own. */
export interface World<Item> {
  /** What waits, the oldest first. */
  queue(): Promise<Item[]>;
  /** How many from the head go together, at least one. */
  together(queue: Item[]): number;
  /** Send them and say how it ended. It does not throw. */
  send(items: Item[]): Promise<Outcome>;
  /** Take them out of the queue. */
  settle(items: Item[], outcome: Outcome): Promise<void>;
  /** Run alone among the tabs. */
  alone(work: () => Promise<void>): Promise<void>;
  /** Call back after that many milliseconds. */
  after(milliseconds: number, call: () => void): void;
}

const FIRST_WAIT = 2_000;
const LONGEST_WAIT = 60_000;

export class Outbox<Item> {
  #world: World<Item>;
  #running = false;
  #again = false;
  #failures = 0;
  #timer = 0;

  constructor(world: World<Item>) {
    this.#world = world;
  }

  /** Deliver what can be delivered. A call during a flush makes it look once more, so no wake-up is lost. */
  async flush(): Promise<void> {
    this.#again = true;
    if (this.#running) return;
    this.#running = true;
    try {
      while (this.#again) {
        this.#again = false;
        await this.#world.alone(() => this.#drain());
      }
    } finally {
      this.#running = false;
    }
  }

  async #drain(): Promise<void> {
    for (;;) {
      const queue = await this.#world.queue();
      if (queue.length === 0) return;
      const head = queue.slice(0, this.#world.together(queue));
      const outcome = await this.#world.send(head);
      if (outcome.is === "stopped") return;
      if (outcome.is === "later") return this.#wait(outcome.after ?? 0);
      this.#failures = 0;
      await this.#world.settle(head, outcome);
    }
  }

  /** One timer at a time; an older one that fires finds itself replaced. */
  #wait(atLeast: number): void {
    const wait = Math.min(FIRST_WAIT * 2 ** this.#failures, LONGEST_WAIT);
    this.#failures += 1;
    this.#timer += 1;
    const mine = this.#timer;
    this.#world.after(Math.max(wait, atLeast), () => {
      if (mine === this.#timer) void this.flush();
    });
  }
}
