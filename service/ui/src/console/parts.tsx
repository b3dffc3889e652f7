/** What the panes are put together from. */

import { type ComponentChildren, createContext } from "preact";
import { useContext, useEffect, useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import { countdown, type Language } from "../shared/times.ts";
import type { Desk } from "./desk.ts";
import type { Problem } from "./session.ts";
import type { Person, State } from "./state.ts";
import { type Words, words } from "./texts/index.ts";

export interface Given {
  desk: Desk;
  state: State;
  t: Words;
  language: Language;
}

export const Context = createContext<Given | undefined>(undefined);

export function useDesk(): Given {
  const given = useContext(Context);
  if (!given) throw new Error("outside of the frame");
  return given;
}

/** Draws anew whenever something changes. */
export function useGiven(desk: Desk): Given {
  const [, redraw] = useState(0);
  useEffect(() => {
    const again = () => redraw((count) => count + 1);
    // What came before this was watched is drawn now.
    again();
    return desk.watch(again);
  }, [desk]);
  const { state, language } = desk;
  return { desk, state, language, t: words(language) };
}

/** The time by the server's clock, in milliseconds, anew every so often. */
export function useNow(every = 1_000): number {
  const { desk } = useDesk();
  const [now, set] = useState(desk.now());
  useEffect(() => onTick(every, () => set(desk.now())), [desk, every]);
  return now;
}

/** Those who want to know, by how often: one timer for all, so that all that shows the time is drawn as one. */
const ticking = new Map<number, { calls: Set<() => void>; timer: ReturnType<typeof setInterval> }>();

function onTick(every: number, call: () => void): () => void {
  let tick = ticking.get(every);
  if (!tick) {
    const calls = new Set<() => void>();
    tick = { calls, timer: setInterval(() => calls.forEach((each) => void each()), every) };
    ticking.set(every, tick);
  }
  const { calls, timer } = tick;
  calls.add(call);
  return () => {
    calls.delete(call);
    if (calls.size > 0) return;
    clearInterval(timer);
    ticking.delete(every);
  };
}

/** Counts down to a time, or up from it. */
export function Clock({ at, up }: { at: number; up: boolean }) {
  const now = useNow();
  return <span class="clock">{up ? `+${countdown(now - at)}` : countdown(at - now)}</span>;
}

export type Look = "plain" | "main" | "danger" | "quiet";

export function Button(given: {
  children: ComponentChildren;
  onPress?: () => void;
  look?: Look;
  type?: "button" | "submit";
  busy?: boolean;
  pressed?: boolean;
  label?: string;
  small?: boolean;
}) {
  const { look = "plain", type = "button", busy, pressed, label, small, onPress, children } = given;
  return (
    <button
      type={type}
      class={`button ${look}${small ? " small" : ""}`}
      aria-disabled={busy ? "true" : undefined}
      aria-pressed={pressed}
      aria-label={label}
      title={label}
      onClick={() => !busy && onPress?.()}
    >
      {children}
    </button>
  );
}

/** A question over the page; the browser keeps the focus inside and gives it back. */
export function Modal(given: {
  title: string;
  onClose: () => void;
  children: ComponentChildren;
  wide?: boolean;
  fixed?: boolean;
}) {
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const shown = dialog.current;
    shown?.showModal();
    return () => shown?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      class={given.wide ? "modal wide" : "modal"}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        if (!given.fixed) given.onClose();
      }}
    >
      <h2 id={id}>{given.title}</h2>
      {given.children}
    </dialog>
  );
}

export function Refusal({ problem }: { problem: Problem | null | undefined }) {
  return (
    <div role="alert" class="alert-place">
      {problem && (
        <div class="refusal">
          <strong>{problem.title}</strong>
          <p>{problem.detail}</p>
        </div>
      )}
    </div>
  );
}

export function Field(given: { label: string; for: string; children: ComponentChildren; hint?: string }) {
  return (
    <div class="field">
      <label for={given.for}>{given.label}</label>
      {given.children}
      {given.hint && <p class="quiet">{given.hint}</p>}
    </div>
  );
}

/** What a member is called; asks for the name where it is not known yet. */
export function useName(): (id: string) => { name: string; person: Person | undefined } {
  const { state, t } = useDesk();
  return (id) => {
    const person = state.people.get(id);
    return { person, name: person?.name ?? t("unknown_person", { id: id.slice(-6) }) };
  };
}

/** A member with their unit. */
export function Who({ id }: { id: string }) {
  const { state, language } = useDesk();
  const { name, person } = useName()(id);
  const unit = person && state.units.get(person.unit_code);
  const unitName = unit ? (language === "en" && unit.name_en) || unit.name : person?.unit_code;
  return (
    <span class="who">
      <span class="name">{name}</span>
      {unitName && <span class="unit">{unitName}</span>}
    </span>
  );
}

export function useUnitName(): (code: string) => string {
  const { state, language } = useDesk();
  return (code) => {
    const unit = state.units.get(code);
    return unit ? (language === "en" && unit.name_en) || unit.name : code;
  };
}

export function useCategoryName(): (code: string) => string {
  const { state, language } = useDesk();
  return (code) => {
    const found = state.playbooks.find((each) => each.category === code);
    return found ? (language === "zh" ? found.name_zh : found.name_en) : code;
  };
}

export function useSkillName(): (code: string) => string {
  const { state, language } = useDesk();
  return (code) => {
    const found = state.skills.find((each) => each.code === code);
    return found ? (language === "zh" ? found.name : found.name_en) : code;
  };
}
