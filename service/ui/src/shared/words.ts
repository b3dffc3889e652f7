/** A page's words: Chinese first, English second, with {placeholders}. */

import type { Language } from "./times.ts";

export type Texts<Key extends string = string> = Record<Key, readonly [string, string]>;

export interface Words<Key extends string> {
  /** A text with its placeholders filled. */
  (key: Key, values?: Record<string, string | number>): string;
  /** The name of a code, such as `state_open`; the code itself where a newer service has one that is not known here. */
  of(kind: string, code: string): string;
}

export function makeWords<Key extends string>(texts: Texts<Key>, language: Language): Words<Key> {
  const column = language === "zh" ? 0 : 1;
  const say = (key: Key, values: Record<string, string | number> = {}) =>
    texts[key][column].replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
  const of = (kind: string, code: string) => {
    const key = `${kind}_${code}`;
    return key in texts ? say(key as Key) : code;
  };
  return Object.assign(say, { of });
}
