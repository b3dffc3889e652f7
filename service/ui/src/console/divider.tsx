/** Between two panes: dragged with the pointer, moved with the arrow keys. */

import type { RefObject } from "preact";

const LEAST = 0.14;
const MOST = 0.45;
const STEP = 0.02;

export function Divider(given: {
  label: string;
  /** Share of the whole width that the pane on that side has. */
  value: number;
  side: "left" | "right";
  within: RefObject<HTMLElement | null>;
  onChange: (share: number) => void;
}) {
  const { label, value, side, within, onChange } = given;
  const set = (share: number) => onChange(Math.min(MOST, Math.max(LEAST, share)));
  const drag = (event: PointerEvent) => {
    const handle = event.currentTarget as HTMLElement;
    if (!handle.hasPointerCapture(event.pointerId)) return;
    const box = within.current?.getBoundingClientRect();
    if (!box) return;
    const share = (event.clientX - box.left) / box.width;
    set(side === "left" ? share : 1 - share);
  };
  const key = (event: KeyboardEvent) => {
    const way = { ArrowLeft: -STEP, ArrowRight: STEP }[event.key];
    if (way === undefined) return;
    event.preventDefault();
    set(value + (side === "left" ? way : -way));
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: an <hr> cannot be moved; this is the separator that can (WAI-ARIA)
    <div
      class="divider"
      role="separator"
      aria-orientation="vertical"
      aria-label={label}
      aria-valuenow={Math.round(value * 100)}
      aria-valuemin={LEAST * 100}
      aria-valuemax={MOST * 100}
      tabIndex={0}
      onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
      onPointerMove={drag}
      onKeyDown={key}
    />
  );
}
