/** Long lists in stretches: those that are far from being seen are room alone, of the height that they had. */

import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

/** Entries in a stretch. */
export const STRETCH = 20;
/** Pixels of an entry that was never drawn. */
const USUAL = 53;
/** How far from what is seen a stretch is drawn. */
const NEAR = "400px";

export function stretches<Item>(items: readonly Item[]): Item[][] {
  return Array.from({ length: Math.ceil(items.length / STRETCH) }, (_, place) =>
    items.slice(place * STRETCH, (place + 1) * STRETCH),
  );
}

/** A list of up to STRETCH entries; `kept` is drawn wherever it is. */
export function Stretch(given: { length: number; kept: boolean; children: () => ComponentChildren }) {
  const { length, kept, children } = given;
  const place = useRef<HTMLUListElement>(null);
  const height = useRef(length * USUAL);
  const [near, setNear] = useState(false);
  useEffect(() => {
    const list = place.current;
    if (!list) return;
    const watcher = new IntersectionObserver(
      ([seen]) => {
        // What is drawn says how much room it takes, before it goes.
        if (list.childElementCount > 0) height.current = list.offsetHeight;
        setNear(seen?.isIntersecting ?? true);
      },
      { root: list.closest(".rows"), rootMargin: NEAR },
    );
    watcher.observe(list);
    return () => watcher.disconnect();
  }, []);
  const drawn = near || kept;
  return (
    <ul ref={place} style={drawn ? {} : { height: `${height.current}px` }}>
      {drawn && children()}
    </ul>
  );
}
