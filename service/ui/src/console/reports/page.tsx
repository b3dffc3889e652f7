/** 精准问效: how tasks of a period were responded to. About response; nobody is ranked. */

import { useEffect, useMemo, useState } from "preact/hooks";
import { day, moment } from "../../shared/times.ts";
import type { PageProps } from "../page.ts";
import "./style.css";
import { Bars, Line, Stack } from "./charts.tsx";
import { share } from "./figures.ts";
import { Filters, type Playbook } from "./filters.tsx";
import type { Found } from "./place.tsx";
import {
  download,
  FIRST,
  type Group,
  type OverTime,
  queryOf,
  type Response,
  readCoverage,
  readResponse,
  summed,
  type Wanted,
} from "./read.ts";
import { Table } from "./table.tsx";
import { STAGES, Tiles } from "./tiles.tsx";
import { type Words, words } from "./words.ts";

/** Milliseconds between two readings for what happens meanwhile. */
const CALM = 10_000;

export default function ReportsPage(props: PageProps) {
  const { api, language, root, fetch, news } = props;
  const t = words(language);
  const [wanted, setWanted] = useState<Wanted>(FIRST);
  const [places, setPlaces] = useState<{ area: Found | null; unit: Found | null }>({
    area: null,
    unit: null,
  });
  const [playbooks, setPlaybooks] = useState<Playbook[]>([]);
  const [report, setReport] = useState<Response>();
  const [overTime, setOverTime] = useState<OverTime>();
  const [said, setSaid] = useState("");
  const [stage, setStage] = useState<(typeof STAGES)[number][0]>("first_accept");
  const turn = Math.floor(useCalm(news));

  useEffect(() => {
    void api.GET("/api/v1/playbooks").then(({ data }) => data && setPlaybooks(data.items));
  }, [api]);
  useEffect(() => {
    let current = true;
    const query = queryOf(wanted, props.now());
    const failed = (error: unknown) => {
      if (current) setSaid(t("unread", { why: error instanceof Error ? error.message : String(error) }));
    };
    readResponse({ root, fetch }, query).then((found) => {
      if (!current) return;
      setReport(found);
      setSaid("");
    }, failed);
    readCoverage({ root, fetch }, query).then((found) => current && setOverTime(found), failed);
    return () => {
      current = false;
    };
  }, [wanted, turn, language]);

  const change = (changed: Partial<Wanted>) => setWanted((before) => ({ ...before, ...changed }));
  const file = (format: "csv" | "xlsx") => {
    setSaid("");
    download({ root, fetch }, queryOf(wanted, props.now()), format).catch((error: unknown) =>
      setSaid(t("no_file", { why: error instanceof Error ? error.message : String(error) })),
    );
  };
  const label = (group: Group): string => {
    const { by } = wanted;
    const key = group.key;
    if (by === "hour") return `${key.padStart(2, "0")}:00`;
    if (by === "day") return day(`${key}T12:00`, language);
    if (by === "mode" || by === "urgency") return t.of(by, key);
    return (language === "zh" ? group.name : (group.name_en ?? group.name)) ?? key;
  };

  return (
    <article class="rep-page" data-drill={wanted.drill}>
      <header class="rep-head">
        <div>
          <h2>{t(wanted.drill ? "drill_title" : "title")}</h2>
          {report && (
            <p class="rep-period">
              {t("period_of", {
                from: moment(report.since, language, 0),
                to: moment(report.until, language, 0),
              })}
              {[places.area?.name, places.unit?.name].filter(Boolean).map((each) => ` · ${each}`)}
            </p>
          )}
          <p class="quiet">{t(wanted.drill ? "drill_lead" : "lead")}</p>
        </div>
        <div class="buttons rep-screen">
          <button type="button" class="button" onClick={() => file("csv")}>
            {t("csv")}
          </button>
          <button type="button" class="button" onClick={() => file("xlsx")}>
            {t("xlsx")}
          </button>
          <button type="button" class="button" onClick={() => window.print()}>
            {t("print")}
          </button>
        </div>
      </header>
      <div class="rep-screen">
        <Filters
          props={props}
          t={t}
          wanted={wanted}
          places={places}
          playbooks={playbooks}
          change={change}
          place={(which, found) => {
            setPlaces((before) => ({ ...before, [which]: found }));
            change({ [which]: found?.code ?? "" });
          }}
        />
      </div>
      <p role="status" class={said ? "refusal" : "unseen"}>
        {said || (report ? "" : t("reading"))}
      </p>
      {report && (
        <>
          <Tiles figures={report.total} t={t} language={language} />
          {report.groups.length > 0 ? (
            <section class="rep-card" aria-labelledby="rep-times">
              <h3 id="rep-times">{t("times_by", { by: t(`by_${wanted.by}`) })}</h3>
              <div class="rep-tabs rep-screen">
                {STAGES.map(([each, key]) => (
                  <button
                    key={each}
                    type="button"
                    aria-pressed={stage === each}
                    onClick={() => setStage(each)}
                  >
                    {t(key)}
                  </button>
                ))}
              </div>
              <p class="quiet">{t("times_lead")}</p>
              <Bars
                language={language}
                label={t("times_by", { by: t(`by_${wanted.by}`) })}
                bars={report.groups.map((each) => ({
                  key: each.key,
                  label: label(each),
                  tasks: each.tasks,
                  median: each[stage].median_s,
                  p90: each[stage].p90_s,
                }))}
              />
            </section>
          ) : (
            <p class="empty">{t("no_tasks")}</p>
          )}
          <Shortfall report={report} t={t} />
        </>
      )}
      {overTime && <Coverage overTime={overTime} t={t} {...{ language }} />}
      {report && report.groups.length > 0 && (
        <section class="rep-card" aria-labelledby="rep-table">
          <h3 id="rep-table">{t("table")}</h3>
          <Table
            report={report}
            t={t}
            language={language}
            label={(place) => {
              const group = report.groups[place];
              return group ? label(group) : "";
            }}
          />
        </section>
      )}
      <p class="rep-printed">{t("printed", { time: moment(props.now(), language, 0) })}</p>
    </article>
  );
}

/** Moves on with the news, but not faster than the report is worth reading anew. */
function useCalm(news: number): number {
  const [calm, setCalm] = useState(news);
  useEffect(() => {
    if (calm === news) return;
    const timer = setTimeout(() => setCalm(news), CALM);
    return () => clearTimeout(timer);
  }, [calm, calm === news]);
  return calm;
}

function Shortfall({ report, t }: { report: Response; t: Words }) {
  const { shortfall } = report.total;
  const parts = Object.entries(shortfall.causes)
    .map(([key, count]) => ({ key, count, label: t.of("reason", key) }))
    .sort((one, other) => other.count - one.count);
  return (
    <section class="rep-card" aria-labelledby="rep-short">
      <h3 id="rep-short">{t("short")}</h3>
      {shortfall.seats === 0 ? (
        <p>{t("short_none")}</p>
      ) : (
        <>
          <p>{t("short_lead", { tasks: shortfall.tasks, seats: shortfall.seats })}</p>
          <Stack parts={parts} label={parts.map((each) => `${each.label} ${each.count}`).join(", ")} />
        </>
      )}
    </section>
  );
}

function Coverage({
  overTime,
  t,
  language,
}: {
  overTime: OverTime;
  t: Words;
  language: PageProps["language"];
}) {
  const points = useMemo(() => summed(overTime), [overTime]);
  const last = points.at(-1);
  const told = (at: number) => moment(at, language, 0);
  const text = last
    ? t("coverage_last", {
        time: told(last.at),
        share: share(last.covered, last.leaves),
        covered: last.covered,
        all: last.leaves,
      })
    : t("coverage_none");
  return (
    <section class="rep-card" aria-labelledby="rep-coverage">
      <h3 id="rep-coverage">{t("coverage")}</h3>
      <p class="quiet">{t("coverage_lead", { minutes: overTime.minutes, people: overTime.people })}</p>
      <p>{text}</p>
      <Line points={points} label={text} language={language} />
    </section>
  );
}
