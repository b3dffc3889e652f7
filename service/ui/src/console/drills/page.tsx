/** 点兵、练兵: starting drills, following one while it runs, and what came of it. */

import { useEffect, useState } from "preact/hooks";
import { moment } from "../../shared/times.ts";
import type { PageProps } from "../page.ts";
import "../reports/style.css";
import "./style.css";
import { type Drill, isRunning, listDrills } from "./api.ts";
import { DrillReport } from "./report.tsx";
import { StartForm } from "./start.tsx";
import { words } from "./words.ts";

/** Milliseconds until the list is read anew once something happened. */
const CALM = 3_000;

export default function DrillsPage(props: PageProps) {
  const { api, language, news } = props;
  const t = words(language);
  const [drills, setDrills] = useState<{ items: Drill[]; next: string | null }>();
  const [chosen, choose] = useState<string | null>(null);
  const [said, setSaid] = useState("");
  const say = (error: unknown) =>
    setSaid(t("failed", { why: error instanceof Error ? error.message : String(error) }));
  const read = () =>
    listDrills(api).then((found) => {
      setSaid("");
      setDrills((before) => {
        // Earlier ones that were asked for stay.
        const ids = new Set(found.items.map((each) => each.id));
        const rest = before?.items.filter((each) => !ids.has(each.id)) ?? [];
        return {
          items: [...found.items, ...rest],
          next: rest.length > 0 ? (before?.next ?? null) : found.next,
        };
      });
      choose((before) => before ?? found.items.find((each) => isRunning(each, props.now()))?.id ?? null);
    }, say);

  useEffect(() => void read(), [api]);
  useEffect(() => {
    if (news === 0) return;
    const timer = setTimeout(read, CALM);
    return () => clearTimeout(timer);
  }, [Math.floor(news / 10), news === 0]);

  const more = () => {
    if (!drills?.next) return;
    listDrills(api, drills.next).then(
      (page) => setDrills({ items: [...drills.items, ...page.items], next: page.next }),
      say,
    );
  };
  const now = props.now();
  return (
    <div class="drl-page">
      <header>
        <h2>
          {t("title")} <span class="tag drill">{t("mark")}</span>
        </h2>
        <p class="quiet">{t("lead")}</p>
      </header>
      <div class="drl-columns">
        <div class="drl-side">
          <StartForm
            props={props}
            t={t}
            onStarted={(drill) => {
              choose(drill.id);
              void read();
            }}
          />
          <section class="drl-card" aria-labelledby="drl-list">
            <h3 id="drl-list">{t("list")}</h3>
            {said && <p class="refusal">{said}</p>}
            {drills?.items.length === 0 && <p class="quiet">{t("none")}</p>}
            <ul>
              {drills?.items.map((each) => (
                <li key={each.id}>
                  <button
                    type="button"
                    class="drl-row"
                    aria-pressed={each.id === chosen}
                    onClick={() => choose(each.id)}
                  >
                    <span>
                      <strong>{each.title}</strong>
                      {isRunning(each, now) && <span class="tag drill">{t("running")}</span>}
                    </span>
                    <span class="quiet">
                      {t(each.kind === "muster" ? "muster" : "exercise")} · {each.area_name} ·{" "}
                      {moment(each.started_at, language, now)}
                    </span>
                  </button>
                </li>
              ))}
            </ul>
            {drills?.next && (
              <button type="button" class="button small" onClick={more}>
                {t("more")}
              </button>
            )}
          </section>
        </div>
        <div class="drl-main-column">
          {chosen ? (
            <DrillReport key={chosen} id={chosen} props={props} t={t} />
          ) : (
            <p class="empty">{t("choose")}</p>
          )}
        </div>
      </div>
    </div>
  );
}
