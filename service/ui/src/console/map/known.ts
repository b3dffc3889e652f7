/** What is known of the grids beside their shapes: people in reach, people on duty. Read when asked for. */

import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { Board } from "./board.ts";
import { crowd } from "./features.ts";
import { type Progress, positions, type Reader, reach } from "./read.ts";

export const MINUTES = [5, 10, 20] as const;
export type Minutes = (typeof MINUTES)[number];

export interface Heat {
  minutes: Minutes;
  choose(minutes: Minutes): void;
  again(): void;
  busy: Progress | undefined;
  done: { at: number; grids: number } | undefined;
  failed: string | undefined;
}

const FEW = -1;

/** Starts anew with each change of what it depends on, and stops what still runs. */
function useReading(wanted: boolean, read: (signal: AbortSignal) => Promise<void>, depends: unknown[]) {
  const [failed, setFailed] = useState<string>();
  const [turn, setTurn] = useState(0);
  const latest = useRef(read);
  latest.current = read;
  useEffect(() => {
    if (!wanted) return;
    const stop = new AbortController();
    setFailed(undefined);
    latest.current(stop.signal).catch((error: unknown) => {
      if (!stop.signal.aborted) setFailed(error instanceof Error ? error.message : String(error));
    });
    return () => stop.abort();
  }, [wanted, turn, ...depends]);
  return { failed, again: useCallback(() => setTurn((before) => before + 1), []) };
}

export function useHeat(board: Board | undefined, reader: Reader, wanted: boolean): Heat {
  const [minutes, choose] = useState<Minutes>(10);
  const [busy, setBusy] = useState<Progress>();
  const [done, setDone] = useState<Heat["done"]>();
  const read = async (signal: AbortSignal) => {
    const found = new Map<string, number>();
    setBusy({ done: 0, all: 0 });
    try {
      for await (const { grids, progress } of reach(reader, minutes, signal)) {
        const some = new Map(grids.map((each) => [each.code, each.reachable ?? FEW]));
        for (const [code, people] of some) found.set(code, people);
        board?.state("reach", some, false);
        setBusy(progress);
      }
      board?.state("reach", found, true);
      setDone({ at: Date.now(), grids: found.size });
    } finally {
      if (!signal.aborted) setBusy(undefined);
    }
  };
  const { failed, again } = useReading(wanted && board !== undefined, read, [board, minutes]);
  return { minutes, choose, again, busy, done, failed };
}

export interface Members {
  again(): void;
  busy: boolean;
  done: { at: number; all: number; exact: number } | undefined;
  failed: string | undefined;
}

export function useMembers(board: Board | undefined, reader: Reader, wanted: boolean): Members {
  const [busy, setBusy] = useState(false);
  const [done, setDone] = useState<Members["done"]>();
  const read = async (signal: AbortSignal) => {
    setBusy(true);
    try {
      const { features, byGrid, all, exact } = crowd(await positions(reader, signal));
      board?.set("members", features);
      board?.state("people", byGrid, true);
      setDone({ at: Date.now(), all, exact });
    } finally {
      if (!signal.aborted) setBusy(false);
    }
  };
  const { failed, again } = useReading(wanted && board !== undefined, read, [board]);
  return { again, busy, done, failed };
}
