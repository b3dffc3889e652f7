/** The console's words: Chinese first, English second. What the service says comes from its own catalogue. */

import type { Language } from "../../shared/times.ts";
import { DESK } from "./desk.ts";
import { NAMES } from "./names.ts";
import { POST } from "./post.ts";
import { TASK } from "./task.ts";

const TEXTS = { ...DESK, ...NAMES, ...POST, ...TASK } as const;

export type Key = keyof typeof TEXTS;
export type Values = Record<string, string | number>;

export interface Words {
  (key: Key, values?: Values): string;
  /** The name of a code, such as `state_open`; the code itself where a newer service has one that is not known here. */
  of(kind: string, code: string): string;
}

/** A text with its placeholders filled. */
export function words(language: Language): Words {
  const column = language === "zh" ? 0 : 1;
  const say = (key: Key, values: Values = {}) =>
    TEXTS[key][column].replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
  const of = (kind: string, code: string) => {
    const key = `${kind}_${code}`;
    return key in TEXTS ? say(key as Key) : code;
  };
  return Object.assign(say, { of });
}
