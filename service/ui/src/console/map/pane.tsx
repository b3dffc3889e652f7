/** The map pane. Without WebGL 2 it says so, and the rest of the console goes on. */

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import "maplibre-gl/dist/maplibre-gl.css";
import "./style.css";
import { Board, type Listener } from "./board.ts";
import type { MapProps, Spot } from "./contract.ts";
import { Cross } from "./cross.tsx";
import { chosenFeatures, peopleFeatures, spotText, taskFeatures } from "./features.ts";
import { useHeat, useMembers } from "./known.ts";
import type { Group, Shown } from "./layers.ts";
import { Legend } from "./legend.tsx";
import { recall, remember } from "./memory.ts";
import { palette } from "./palette.ts";
import { PlaceCard } from "./place.tsx";
import { type BaseMap, type Bounds, baseMap, bounds, type Reader } from "./read.ts";
import { fetchTilesWith } from "./tiles.ts";
import { type Key, words } from "./words.ts";

const NO_BASE: BaseMap = { layers: [], attribution: "" };

/** Pixels of width from which the legend is open to begin with. */
const LEGEND_FROM = 760;

export default function MapPane(props: MapProps) {
  const { language, night, picking } = props;
  const tasks = useSame(props.tasks);
  const people = useSame(props.people);
  const activations = useSame(props.activations);
  const t = words(language);
  const place = useRef<HTMLDivElement>(null);
  const latest = useRef(props);
  latest.current = props;
  const reader = useMemo<Reader>(
    () => ({ root: props.root, fetch: (request) => latest.current.fetch(request) }),
    [props.root],
  );
  const [memory, setMemory] = useState(recall);
  const [board, setBoard] = useState<Board>();
  const [trouble, setTrouble] = useState<"webgl" | "lost">();
  const [failed, setFailed] = useState<string>();
  const [base, setBase] = useState<BaseMap>(NO_BASE);
  const [whole, setWhole] = useState<Bounds>();
  const [pointer, setPointer] = useState<Spot>();
  const [asked, setAsked] = useState<Spot>();
  const [grids, setGrids] = useState<{ count: number; level: string }>();

  const keep = (changed: Partial<typeof memory>) =>
    setMemory((before) => {
      const after = { ...before, ...changed };
      remember(after);
      return after;
    });
  const based = base.layers.length > 0 && memory.base;
  const shown = useMemo<Shown>(
    () => ({ colours: palette(night), language, based, activations }),
    [night, language, based, activations],
  );

  useEffect(() => {
    if (!place.current) return;
    fetchTilesWith(reader.root, reader.fetch);
    let made: Board;
    const listener: Listener = {
      task: (id) => latest.current.onSelect(id),
      ground: (at) => {
        if (latest.current.picking) return latest.current.onPick(at);
        setAsked(at);
      },
      pointer: setPointer,
      moved: () => keep(made.view()),
      idle: () => setGrids(made.grids()),
      failed: (what) => setFailed(what),
      lost: (lost) => setTrouble(lost ? "lost" : undefined),
    };
    try {
      made = new Board(place.current, shown, memory.shown, memory, listener);
    } catch {
      return setTrouble("webgl");
    }
    const ended = new AbortController();
    const first = JSON.stringify(made.view());
    made.map.once("load", () => {
      setBoard(made);
      void baseMap(reader, ended.signal).then(
        (found) => {
          made.under(found);
          setBase(found);
        },
        () => setBase(NO_BASE),
      );
      void bounds(reader, ended.signal).then(
        (found) => {
          setWhole(found);
          // Whoever has moved the map meanwhile is looking at something.
          if (!memory.center && JSON.stringify(made.view()) === first) made.fit(found, false);
        },
        () => {},
      );
    });
    return () => {
      ended.abort();
      made.end();
    };
  }, [reader]);

  useEffect(() => board?.look(shown), [board, shown]);
  useEffect(() => board?.show(memory.shown), [board, memory.shown]);
  useEffect(() => board?.showBase(memory.base), [board, memory.base, base]);
  useEffect(() => board?.set("tasks", taskFeatures(tasks)), [board, tasks]);
  useEffect(() => board?.set("people", peopleFeatures(people)), [board, people]);
  useEffect(() => board?.set("chosen", chosenFeatures(props)), [board, tasks, props.selected, props.picked]);
  useEffect(() => {
    board?.picking(picking);
    if (picking) setAsked(undefined);
  }, [board, picking]);
  useEffect(() => {
    if (!board || !props.look) return;
    const { lon, lat, zoom } = props.look;
    board.map.easeTo({ center: [lon, lat], zoom: zoom ?? Math.max(board.map.getZoom(), 12) });
  }, [board, props.look]);

  const heat = useHeat(board, reader, memory.shown.includes("heat"));
  const members = useMembers(board, reader, memory.shown.includes("members"));

  if (trouble === "webgl")
    return (
      <section class="map-pane map-none" role="status" aria-label={t("map")}>
        <h2>{t("no_webgl")}</h2>
        <p>{t("no_webgl_lead")}</p>
      </section>
    );

  const toggle = (group: Group, on: boolean) =>
    keep({ shown: on ? [...memory.shown, group] : memory.shown.filter((each) => each !== group) });
  const level = t(`level_${grids?.level ?? "none"}` as Key);

  return (
    <section class="map-pane" data-night={night} data-picking={picking} aria-label={t("map_label")}>
      <div class="map-ground" ref={place} />
      {picking && board && <Cross board={board} t={t} onPick={props.onPick} />}
      <div class="map-tools">
        <Tool label={t("zoom_in")} sign="M3 8H13M8 3V13" onPress={() => board?.map.zoomIn()} />
        <Tool label={t("zoom_out")} sign="M3 8H13" onPress={() => board?.map.zoomOut()} />
        <Tool
          label={t("fit")}
          sign="M2 6V2H6M10 2H14V6M14 10V14H10M6 14H2V10"
          off={!whole}
          onPress={() => whole && board?.fit(whole, true)}
        />
      </div>
      <Legend
        t={t}
        night={night}
        shown={memory.shown}
        open={memory.legend ?? (place.current?.clientWidth ?? 0) > LEGEND_FROM}
        onOpen={(legend) => keep({ legend })}
        onToggle={toggle}
        activations={activations}
        base={base.layers.length > 0 ? memory.base : undefined}
        onBase={(on) => keep({ base: on })}
        heat={heat}
        members={members}
      />
      {asked && !picking && (
        <PlaceCard
          spot={asked}
          reader={reader}
          t={t}
          language={language}
          onClose={() => setAsked(undefined)}
        />
      )}
      {trouble === "lost" && <p class="map-notice">{t("lost")}</p>}
      {failed !== undefined && (
        <p class="map-notice">
          {t("failed", { what: failed })}{" "}
          <button
            type="button"
            onClick={() => {
              setFailed(undefined);
              board?.map.triggerRepaint();
            }}
          >
            {t("close")}
          </button>
        </p>
      )}
      <p class="map-foot">
        {pointer && <span class="map-spot">{spotText(pointer)} · WGS 84</span>}
        <span>{[t("source"), based ? base.attribution : ""].filter(Boolean).join(" · ")}</span>
      </p>
      <p class="map-unseen" role="status" data-map-status>
        {grids ? t("status", { grids: grids.count, level, tasks: tasks.length }) : ""}
      </p>
    </section>
  );
}

/** The one from before while it says the same: the console makes its lists anew whenever it draws. */
function useSame<Value>(value: Value): Value {
  const kept = useRef(value);
  if (JSON.stringify(kept.current) !== JSON.stringify(value)) kept.current = value;
  return kept.current;
}

function Tool(given: { label: string; sign: string; off?: boolean; onPress: () => void }) {
  const { label, sign, off = false, onPress } = given;
  return (
    <button type="button" class="map-tool" aria-label={label} title={label} disabled={off} onClick={onPress}>
      <svg viewBox="0 0 16 16" aria-hidden="true">
        <path d={sign} fill="none" stroke="currentColor" stroke-width="1.8" />
      </svg>
    </button>
  );
}
