/** The figures that are read first. */

import type { Language } from "../../shared/times.ts";
import { duration, share } from "./figures.ts";
import type { Figures } from "./read.ts";
import type { Key, Words } from "./words.ts";

/** A stage, with the key of its name. */
export const STAGES = [
  ["first_accept", "accepted"],
  ["filled", "filled"],
  ["on_scene", "on_scene"],
] as const satisfies readonly (readonly [keyof Figures, Key])[];

export function Tiles({ figures, t, language }: { figures: Figures; t: Words; language: Language }) {
  const real = figures.tasks - figures.cancelled;
  const { offers } = figures;
  return (
    <dl class="rep-tiles">
      <Tile
        name="tasks"
        label={t("tasks")}
        value={String(figures.tasks)}
        more={t("cancelled", { count: figures.cancelled })}
      />
      {STAGES.map(([stage, key]) => {
        const { median_s, p90_s, tasks } = figures[stage];
        return (
          <Tile
            key={stage}
            name={stage}
            label={`${t(key)} · ${t("median_of")}`}
            value={duration(median_s, language)}
            more={tasks > 0 ? t("p90_of", { time: duration(p90_s, language), count: tasks }) : t("none_yet")}
          />
        );
      })}
      <Tile
        name="share"
        label={t("share_filled")}
        value={share(figures.filled.tasks, real)}
        more={t("share_lead", { count: figures.filled.tasks, all: real })}
      />
      <Tile
        name="offers"
        label={t("offers")}
        value={String(offers.made)}
        more={t("offers_lead", { yes: offers.yes, no: offers.no, silent: offers.unanswered })}
      />
    </dl>
  );
}

function Tile({ name, label, value, more }: { name: string; label: string; value: string; more: string }) {
  return (
    <div class="rep-tile" data-figure={name}>
      <dt>{label}</dt>
      <dd class="rep-big">{value}</dd>
      <dd class="rep-more">{more}</dd>
    </div>
  );
}
