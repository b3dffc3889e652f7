/** What the screens are put together from. */

import { type ComponentChildren, createContext } from "preact";
import { useContext, useEffect, useId, useRef, useState } from "preact/hooks";
import type { App, State } from "./app.ts";
import { type Words, words } from "./texts.ts";
import { type View, view } from "./view.ts";

export interface Given {
  app: App;
  state: State;
  view: View;
  t: Words;
  /** By the server's clock, in milliseconds; it moves on every second. */
  now: number;
}

export const Context = createContext<Given | undefined>(undefined);

export function useApp(): Given {
  const given = useContext(Context);
  if (!given) throw new Error("outside of the frame");
  return given;
}

/** Draws anew whenever something changes, and every second. */
export function useGiven(app: App): Given {
  const [, redraw] = useState(0);
  useEffect(() => app.watch(() => redraw((count) => count + 1)), [app]);
  useEffect(() => {
    const timer = setInterval(() => redraw((count) => count + 1), 1000);
    return () => clearInterval(timer);
  }, []);
  const { state } = app;
  const now = app.now();
  return { app, state, now, t: words(state.language), view: view(state.said, state.queue, now) };
}

export function Button(given: {
  children: ComponentChildren;
  onPress: () => void;
  look?: "main" | "plain" | "danger" | "quiet";
  large?: boolean;
  busy?: boolean;
}) {
  const { look = "plain", large, busy, onPress, children } = given;
  return (
    <button
      type="button"
      class={`button ${look}${large ? " large" : ""}`}
      aria-disabled={busy ? "true" : undefined}
      onClick={() => busy || onPress()}
    >
      {children}
    </button>
  );
}

/** A part of a screen under a heading. */
export function Section(given: { title: ComponentChildren; children: ComponentChildren; tone?: string }) {
  const id = useId();
  return (
    <section class={`card ${given.tone ?? ""}`} aria-labelledby={id}>
      <h2 id={id}>{given.title}</h2>
      {given.children}
    </section>
  );
}

/** Marks what the phone has not been able to tell the service yet. */
export function NotSent() {
  const { t } = useApp();
  return <span class="not-sent">{t("not_sent")}</span>;
}

/** A heading that takes the focus when its screen comes up, so that a screen reader reads it. */
export function Heading({ children }: { children: ComponentChildren }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return (
    <h1 ref={heading} tabIndex={-1}>
      {children}
    </h1>
  );
}

/** A question over the screen; the browser keeps the focus inside and gives it back. */
export function Sheet(given: { title: string; onClose: () => void; children: ComponentChildren }) {
  const { t } = useApp();
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  const over = useRef(false);
  useEffect(() => dialog.current?.showModal(), []);
  // Said at once: the browser tells of a close only after the focus is back, when it may have been opened anew.
  const close = () => {
    if (over.current) return;
    over.current = true;
    dialog.current?.close();
    given.onClose();
  };
  const cancelled = (event: Event) => {
    event.preventDefault();
    close();
  };
  return (
    <dialog ref={dialog} class="sheet" aria-labelledby={id} onCancel={cancelled} onClose={close}>
      <h2 id={id}>{given.title}</h2>
      {given.children}
      <Button look="quiet" onPress={close}>
        {t("cancel")}
      </Button>
    </dialog>
  );
}

/** The emergency services, one press away. */
export function Emergency() {
  const { t } = useApp();
  return (
    <div class="pair">
      {["120", "119", "110"].map((number) => (
        <a key={number} class="button danger" href={`tel:${number}`} aria-label={t("call", { number })}>
          {number}
        </a>
      ))}
    </div>
  );
}

/** Text with a paragraph for each of its lines. */
export function Prose({ text }: { text: string }) {
  const lines = text.split("\n").filter((each) => each.trim());
  return (
    <div class="prose">
      {lines.map((each) => (
        <p key={each}>{each}</p>
      ))}
    </div>
  );
}
