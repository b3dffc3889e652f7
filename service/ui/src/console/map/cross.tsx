/** Pointing at a place without a mouse: a cross in the middle, under which the arrow keys move the map. */

import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Board } from "./board.ts";
import type { Spot } from "./contract.ts";
import { spotText } from "./features.ts";
import type { Words } from "./words.ts";

const STEP = 24;
const LONG_STEP = 120;
const WAYS: Record<string, [number, number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

export function Cross({ board, t, onPick }: { board: Board; t: Words; onPick(spot: Spot): void }) {
  const cross = useRef<HTMLButtonElement>(null);
  const [at, setAt] = useState(() => board.middle());
  // Before the first frame is drawn: a key may come sooner than the next.
  useLayoutEffect(() => {
    const moved = () => setAt(board.middle());
    board.map.on("move", moved);
    return () => void board.map.off("move", moved);
  }, [board]);
  const pressed = (event: KeyboardEvent) => {
    const way = WAYS[event.key];
    if (way) {
      const step = event.shiftKey ? LONG_STEP : STEP;
      board.map.panBy([way[0] * step, way[1] * step], { animate: false });
    } else if (event.key === "+" || event.key === "=") board.map.zoomIn({ animate: false });
    else if (event.key === "-") board.map.zoomOut({ animate: false });
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <>
      <p class="map-hint" role="status">
        {t("pick")}
      </p>
      <button
        type="button"
        ref={cross}
        class="map-cross"
        aria-label={t("crosshair", { place: spotText(at) })}
        onKeyDown={pressed}
        onClick={() => onPick(board.middle())}
      >
        <span class="map-cross-spot">{spotText(at)}</span>
      </button>
    </>
  );
}
