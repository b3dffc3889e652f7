/** The keyboard: single letters while nothing is being typed. */

import { useEffect } from "preact/hooks";
import type { Desk } from "./desk.ts";
import type { PageName } from "./frame.tsx";

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)) &&
    !(target instanceof HTMLInputElement && /^(checkbox|radio|button)$/.test(target.type))
  );
}

export function useKeys(desk: Desk, page: PageName): void {
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
      const { state } = desk;
      if (state.dialog || state.asking || document.querySelector("dialog[open]")) return;
      if (event.key === "Escape") return goBack(desk, event);
      if (isTyping(event.target)) return;
      const act = page === "desk" ? ACTS[event.key] : event.key === "?" ? ACTS["?"] : undefined;
      if (!act) return;
      if (event.key === "Enter" && event.target instanceof HTMLElement && event.target !== document.body) {
        if (!event.target.closest("[data-task]")) return;
      }
      event.preventDefault();
      act(desk);
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, [desk, page]);
}

function focus(selector: string): void {
  // After the next drawing: what is to have the focus may only come with it.
  setTimeout(() => document.querySelector<HTMLElement>(selector)?.focus(), 80);
}

const ACTS: Record<string, (desk: Desk) => void> = {
  j: (desk) => move(desk, 1),
  k: (desk) => move(desk, -1),
  Enter: (desk) => {
    if (!desk.state.selected) desk.step(1);
    focus("#task-title");
  },
  "/": () => document.getElementById("task-search")?.focus(),
  n: (desk) => desk.beginPost(),
  m: (desk) => desk.act({ dialog: "mode" }),
  w: () => document.querySelector<HTMLElement>("#widen")?.click(),
  a: (desk) => {
    const first = desk.state.alarms[0];
    if (first) void desk.bells.acknowledge(first);
  },
  "?": (desk) => desk.act({ dialog: "help" }),
};

function move(desk: Desk, by: 1 | -1): void {
  desk.step(by);
  focus(`[data-task="${desk.state.selected}"]`);
}

/** Step by step back: the pointing, the form, the search, the selection. */
function goBack(desk: Desk, event: KeyboardEvent): void {
  const { state } = desk;
  const search = event.target instanceof HTMLInputElement && event.target.id === "task-search";
  if (state.picking) desk.set({ picking: false });
  else if (search) {
    desk.set({ filter: { ...state.filter, text: "" } });
    (event.target as HTMLInputElement).blur();
  } else if (state.posting) desk.act({ posting: false });
  else if (document.activeElement instanceof HTMLElement && document.activeElement.closest("#details")) {
    focus(`[data-task="${state.selected}"]`);
  } else desk.select(null);
}
