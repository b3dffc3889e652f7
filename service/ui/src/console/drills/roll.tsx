/** A muster's report: how many answered, by unit and community, and who. */

import { useEffect, useState } from "preact/hooks";
import { clock } from "../../shared/times.ts";
import type { PageProps } from "../page.ts";
import { share } from "../reports/figures.ts";
import { type Called, type GroupRoll, type Report, readRoll, type Which } from "./api.ts";
import type { Key, Words } from "./words.ts";

type Roll = NonNullable<Report["roll"]>;

export function RollFigures({ roll, t }: { roll: Roll; t: Words }) {
  const answered = roll.here + roll.cannot;
  const within = Object.entries(roll.answered_within)
    .map(([minutes, count]) => t("within", { minutes, count }))
    .join(" · ");
  return (
    <>
      <dl class="rep-tiles">
        {(["called", "here", "cannot", "silent"] as const).map((name) => (
          <div key={name} class="rep-tile" data-figure={name}>
            <dt>{t(name)}</dt>
            <dd class="rep-big">{roll[name]}</dd>
          </div>
        ))}
        <div class="rep-tile" data-figure="answered">
          <dt>{t("answered_share")}</dt>
          <dd class="rep-big">{share(answered, roll.called)}</dd>
          <dd class="rep-more">{within}</dd>
        </div>
      </dl>
      <Parts roll={roll} />
    </>
  );
}

/** Here, cannot, silent, as parts of a bar; the figures stand beside it. */
function Parts({ roll }: { roll: Pick<Roll, "called" | "here" | "cannot" | "silent"> }) {
  const all = Math.max(1, roll.called);
  const width = (count: number) => (100 * count) / all;
  return (
    <svg class="drl-parts" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
      <rect class="drl-silent" width={100} height={10} />
      <rect class="drl-cannot" width={width(roll.here + roll.cannot)} height={10} />
      <rect class="drl-here" width={width(roll.here)} height={10} />
    </svg>
  );
}

/** So many rows are shown without being asked for. */
const OPEN = 150;

export function Groups({ title, groups, t }: { title: string; groups: readonly GroupRoll[]; t: Words }) {
  return (
    <details class="drl-card" open={groups.length <= OPEN}>
      <summary>
        {title} <span class="quiet">{groups.length}</span>
      </summary>
      <div class="rep-scroll">
        <table>
          <thead>
            <tr>
              <th scope="col">{t("group")}</th>
              <th scope="col" class="drl-wide">
                {t("answered_share")}
              </th>
              {(["called", "here", "cannot", "silent"] as const).map((name) => (
                <th key={name} scope="col">
                  {t(name)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {groups.map((each) => (
              <tr key={each.code}>
                <th scope="row">{each.name ?? each.code}</th>
                <td class="drl-wide">
                  <Parts roll={each} />
                </td>
                <td>{each.called}</td>
                <td>{each.here}</td>
                <td>{each.cannot}</td>
                <td>{each.silent}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}

const WHICH: readonly Which[] = ["all", "here", "cannot", "silent"];

/** Who was called. Read when it is opened, and anew whenever the drill's report is. */
export function Names({ report, props, t }: { report: Report; props: PageProps; t: Words }) {
  const { api, language } = props;
  const [open, setOpen] = useState(false);
  const [which, setWhich] = useState<Which>("all");
  const [found, setFound] = useState<{ items: Called[]; next: string | null }>();
  const [said, setSaid] = useState("");
  const units = new Map(report.by_unit.map((each) => [each.code, each.name ?? each.code]));
  const failed = (error: unknown) =>
    setSaid(t("failed", { why: error instanceof Error ? error.message : String(error) }));

  useEffect(() => {
    if (!open) return;
    let current = true;
    readRoll(api, report.id, which).then((page) => current && setFound(page), failed);
    return () => {
      current = false;
    };
  }, [open, which, report]);

  const more = () => {
    if (!found?.next) return;
    readRoll(api, report.id, which, found.next).then(
      (page) => setFound({ items: [...found.items, ...page.items], next: page.next }),
      failed,
    );
  };
  return (
    <details class="drl-card" open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        {t("who")} <span class="quiet">{t("who_lead")}</span>
      </summary>
      <div class="rep-tabs">
        {WHICH.map((each) => (
          <button key={each} type="button" aria-pressed={which === each} onClick={() => setWhich(each)}>
            {t(each)}
          </button>
        ))}
      </div>
      {said && <p class="refusal">{said}</p>}
      <div class="rep-scroll">
        <table>
          <thead>
            <tr>
              {(["person", "number", "unit", "answer", "at"] as const).map((key) => (
                <th key={key} scope="col">
                  {t(key)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {found?.items.map((each) => (
              <tr key={each.member_id}>
                <th scope="row">{each.name}</th>
                <td>{each.number}</td>
                <td>{units.get(each.unit_code) ?? each.unit_code}</td>
                <td class={`drl-answer ${each.answer ?? "silent"}`}>{t((each.answer ?? "silent") as Key)}</td>
                <td>{each.answered_at ? clock(each.answered_at, language) : "–"}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {found?.next && (
        <button type="button" class="button small" onClick={more}>
          {t("more")}
        </button>
      )}
    </details>
  );
}
