/** What this desk's screen remembers: nothing about people or tasks. */

import type { Language } from "../shared/times.ts";

export type Theme = "auto" | "light" | "night";

export interface Prefs {
  language: Language;
  theme: Theme;
  /** Larger type, for a wall screen. */
  big: boolean;
  sound: boolean;
  /** Widths of the left and the right pane, as shares of the whole. */
  left: number;
  right: number;
}

const KEY = "vanguard.console.prefs";

export function readPrefs(): Prefs {
  const language: Language = navigator.language.toLowerCase().startsWith("en") ? "en" : "zh";
  const usual: Prefs = { language, theme: "auto", big: false, sound: false, left: 0.24, right: 0.31 };
  try {
    return { ...usual, ...(JSON.parse(localStorage.getItem(KEY) ?? "{}") as Partial<Prefs>) };
  } catch {
    return usual;
  }
}

export function keepPrefs(prefs: Prefs): void {
  localStorage.setItem(KEY, JSON.stringify(prefs));
}

/** Whether it is night on the screen. */
export function isNight(theme: Theme): boolean {
  return theme === "auto" ? matchMedia("(prefers-color-scheme: dark)").matches : theme === "night";
}
