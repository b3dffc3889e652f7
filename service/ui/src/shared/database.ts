/** What the phone keeps: a few named values, the outbox, and the verdicts on actions that were refused. */

import { type DBSchema, type IDBPDatabase, openDB } from "idb";

/** An action that waits to be delivered. */
export interface Item<Action> {
  /** Its place in the queue; the database gives it. */
  seq: number;
  /** The Idempotency-Key under which it is sent, however often. */
  key: string;
  /** When the member did it, by the server's clock as far as the phone knows it (RFC 3339, UTC). */
  at: string;
  /** Whose it is: nobody else's session sends it. */
  member: string;
  action: Action;
}

/** An action that the service refused, in words. */
export interface Verdict<Action> {
  seq: number;
  action: Action;
  title: string;
  detail: string;
}

interface Kept<Action> extends DBSchema {
  value: { key: string; value: unknown };
  outbox: { key: number; value: Item<Action> };
  verdict: { key: number; value: Verdict<Action> };
}

/** The phone's memory. Every tab of the app shares it. */
export class Memory<Action> {
  #database: Promise<IDBPDatabase<Kept<Action>>>;

  constructor(name: string) {
    this.#database = openDB<Kept<Action>>(name, 1, {
      upgrade(database) {
        database.createObjectStore("value");
        database.createObjectStore("outbox", { keyPath: "seq", autoIncrement: true });
        database.createObjectStore("verdict", { keyPath: "seq" });
      },
    });
  }

  /** A named value; undefined where there is none. */
  async get<Value>(name: string): Promise<Value | undefined> {
    return (await (await this.#database).get("value", name)) as Value | undefined;
  }

  async set(name: string, value: unknown): Promise<void> {
    await (await this.#database).put("value", value, name);
  }

  /** The actions that wait, the oldest first. */
  async queue(): Promise<Item<Action>[]> {
    return (await this.#database).getAll("outbox");
  }

  /** Put an action at the end of the queue; it is on the disk when this returns. */
  async add(item: Omit<Item<Action>, "seq">): Promise<void> {
    await (await this.#database).add("outbox", item as Item<Action>);
  }

  async verdicts(): Promise<Verdict<Action>[]> {
    return (await this.#database).getAll("verdict");
  }

  async forgetVerdict(seq: number): Promise<void> {
    await (await this.#database).delete("verdict", seq);
  }

  /** Take delivered or refused actions out of the queue, with their verdicts, all or nothing. */
  async settle(seqs: number[], verdicts: Verdict<Action>[]): Promise<void> {
    const transaction = (await this.#database).transaction(["outbox", "verdict"], "readwrite");
    for (const seq of seqs) void transaction.objectStore("outbox").delete(seq);
    for (const verdict of verdicts) void transaction.objectStore("verdict").put(verdict);
    await transaction.done;
  }

  /** Forget everything, the outbox included. */
  async wipe(): Promise<void> {
    const transaction = (await this.#database).transaction(["value", "outbox", "verdict"], "readwrite");
    for (const store of ["value", "outbox", "verdict"] as const) void transaction.objectStore(store).clear();
    await transaction.done;
  }
}
