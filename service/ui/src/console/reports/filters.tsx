/** What the report is about: the period, where, what, and how it is divided. */

import type { Schemas } from "../../shared/client.ts";
import type { PageProps } from "../page.ts";
import type { Period } from "./figures.ts";
import { Finder, type Found } from "./place.tsx";
import { BY, type By, type Wanted } from "./read.ts";
import type { Key, Words } from "./words.ts";

export type Playbook = Pick<Schemas["PlaybookOut"], "category" | "name_zh" | "name_en">;

const PERIODS: readonly Period[] = ["today", "week", "month", "custom"];
const MODES = ["normal", "emergency"] as const;

export function Filters(given: {
  props: PageProps;
  t: Words;
  wanted: Wanted;
  places: { area: Found | null; unit: Found | null };
  playbooks: readonly Playbook[];
  change(changed: Partial<Wanted>): void;
  place(which: "area" | "unit", found: Found | null): void;
}) {
  const { props, t, wanted, places, playbooks, change, place } = given;
  const { language } = props;
  return (
    <form class="rep-filters" onSubmit={(event) => event.preventDefault()}>
      <fieldset class="rep-choice">
        <legend>{t("period")}</legend>
        {PERIODS.map((each) => (
          <label key={each}>
            <input
              type="radio"
              name="period"
              checked={wanted.period === each}
              onChange={() => change({ period: each })}
            />
            <span>{t(each as Key)}</span>
          </label>
        ))}
      </fieldset>
      {wanted.period === "custom" &&
        (["from", "to"] as const).map((end) => (
          <label key={end} class="rep-field">
            <span>{t(end)}</span>
            <input
              type="date"
              value={wanted.custom[end]}
              onInput={(event) => change({ custom: { ...wanted.custom, [end]: event.currentTarget.value } })}
            />
          </label>
        ))}
      {(["area", "unit"] as const).map((which) => (
        <Finder
          key={which}
          label={t(which)}
          hint={t("area_hint")}
          kind={which === "area" ? "area" : "post"}
          asking={props}
          language={language}
          found={places[which]}
          onFound={(found) => place(which, found)}
        />
      ))}
      <label class="rep-field">
        <span>{t("category")}</span>
        <select value={wanted.category} onChange={(event) => change({ category: event.currentTarget.value })}>
          <option value="">{t("all")}</option>
          {playbooks.map((each) => (
            <option key={each.category} value={each.category}>
              {language === "zh" ? each.name_zh : each.name_en}
            </option>
          ))}
        </select>
      </label>
      <label class="rep-field">
        <span>{t("mode")}</span>
        <select
          value={wanted.mode}
          onChange={(event) => change({ mode: event.currentTarget.value as Wanted["mode"] })}
        >
          <option value="">{t("all")}</option>
          {MODES.map((each) => (
            <option key={each} value={each}>
              {t.of("mode", each)}
            </option>
          ))}
        </select>
      </label>
      <label class="rep-field">
        <span>{t("by")}</span>
        <select value={wanted.by} onChange={(event) => change({ by: event.currentTarget.value as By })}>
          {BY.map((each) => (
            <option key={each} value={each}>
              {t(`by_${each}`)}
            </option>
          ))}
        </select>
      </label>
      <label class="rep-switch">
        <input
          type="checkbox"
          checked={wanted.drill}
          onChange={(event) => change({ drill: event.currentTarget.checked })}
        />
        <span>{t("drills")}</span>
      </label>
    </form>
  );
}
