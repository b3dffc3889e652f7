/** The alarms of a desk: heard, shown until somebody acknowledges them, and the same on every desk where they are calls. */

import { type Alarm, callsIn, inTurn, loudest, mustBeSeen } from "./alarms.ts";
import type { Desk } from "./desk.ts";
import { play } from "./sounds.ts";

const MOST = 50;

export class Bells {
  #desk: Desk;

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  /** What was heard. Who calls for help again is heard again, and is one alarm still. */
  ring(alarms: readonly Alarm[]): void {
    if (alarms.length === 0) return;
    const { state } = this.#desk;
    const known = new Map(state.alarms.map((each) => [each.key, each]));
    const heard = alarms.filter((each) => each.kind === "help" || !known.has(each.key));
    const sound = loudest(heard.filter((each) => !(each.task && this.#desk.isOwn(each.task))));
    if (sound && state.prefs.sound) play(sound);
    for (const each of heard.filter(mustBeSeen)) {
      const before = known.get(each.key);
      known.set(each.key, { ...each, task: each.task ?? before?.task ?? null });
    }
    this.#keep(known.values());
  }

  /** The calls for help that are open, as the service has them. */
  callsAre(open: readonly Alarm[]): void {
    this.#keep([...open, ...this.#desk.state.alarms.filter((each) => each.call === undefined)]);
  }

  /** Somebody has seen it. A call for help is acknowledged for every desk, and stays until that is on record. */
  async acknowledge({ key, call }: Alarm): Promise<void> {
    const desk = this.#desk;
    if (call) {
      const params = { path: { call_id: call } };
      const asked = desk.api.POST("/api/v1/help-calls/{call_id}/acknowledge", { params });
      const { problem } = await desk.call(asked);
      if (problem) return desk.notify({ task: "", title: "", changes: [], problem });
    }
    this.quieten(key);
  }

  quieten(key: string): void {
    this.#keep(this.#desk.state.alarms.filter((each) => each.key !== key));
  }

  #keep(alarms: Iterable<Alarm>): void {
    const kept = inTurn([...alarms], MOST);
    this.#desk.set({ alarms: kept, calls: callsIn(kept) });
  }
}
