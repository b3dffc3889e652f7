/** The same figures as the charts, as a table: for those who do not see, and those who want them exactly. */

import type { Language } from "../../shared/times.ts";
import { duration } from "./figures.ts";
import type { Figures, Response } from "./read.ts";
import { STAGES } from "./tiles.tsx";
import type { Words } from "./words.ts";

export function Table(given: {
  report: Response;
  label: (place: number) => string;
  t: Words;
  language: Language;
}) {
  const { report, label, t, language } = given;
  return (
    <div class="rep-scroll">
      <table>
        <caption class="unseen">{t("table")}</caption>
        <thead>
          <tr>
            <th scope="col" rowSpan={2}>
              {t("group")}
            </th>
            <th scope="col" rowSpan={2}>
              {t("tasks")}
            </th>
            <th scope="col" rowSpan={2}>
              {t("seats")}
            </th>
            <th scope="col" rowSpan={2}>
              {t("offers")}
            </th>
            {STAGES.map(([stage, key]) => (
              <th key={stage} scope="colgroup" colSpan={2}>
                {t(key)}
              </th>
            ))}
            <th scope="col" rowSpan={2}>
              {t("short_seats")}
            </th>
          </tr>
          <tr>
            {STAGES.flatMap(([stage]) => [
              <th key={`${stage}-median`} scope="col">
                {t("median")}
              </th>,
              <th key={`${stage}-p90`} scope="col">
                {t("p90")}
              </th>,
            ])}
          </tr>
        </thead>
        <tbody>
          <Row label={t("total")} figures={report.total} language={language} total />
          {report.groups.map((each, place) => (
            <Row key={each.key} label={label(place)} figures={each} language={language} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row(given: { label: string; figures: Figures; language: Language; total?: boolean }) {
  const { label, figures, language, total } = given;
  return (
    <tr class={total ? "rep-total" : undefined}>
      <th scope="row">{label}</th>
      <td>{figures.tasks}</td>
      <td>{figures.seats}</td>
      <td>{figures.offers.made}</td>
      {STAGES.flatMap(([stage]) => [
        <td key={`${stage}-median`}>{duration(figures[stage].median_s, language)}</td>,
        <td key={`${stage}-p90`}>{duration(figures[stage].p90_s, language)}</td>,
      ])}
      <td>{figures.shortfall.seats}</td>
    </tr>
  );
}
