/** The console's words: Chinese first, English second. What the service says comes from its own catalogue. */

import type { Language } from "../../shared/times.ts";
import { makeWords, type Words as WordsOf } from "../../shared/words.ts";
import { DESK } from "./desk.ts";
import { NAMES } from "./names.ts";
import { POST } from "./post.ts";
import { TASK } from "./task.ts";

const TEXTS = { ...DESK, ...NAMES, ...POST, ...TASK } as const;

export type Key = keyof typeof TEXTS;
export type Words = WordsOf<Key>;

export const words = (language: Language): Words => makeWords(TEXTS, language);
