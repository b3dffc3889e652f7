/** One drill, while it runs and afterwards. */

import { useEffect, useRef, useState } from "preact/hooks";
import { clock, countdown, moment } from "../../shared/times.ts";
import type { PageProps } from "../page.ts";
import { Tiles } from "../reports/tiles.tsx";
import { words as reportWords } from "../reports/words.ts";
import { endDrill, isRunning, type Report, readDrill } from "./api.ts";
import { Groups, Names, RollFigures } from "./roll.tsx";
import type { Words } from "./words.ts";

/** Milliseconds between two readings of a drill of which one hears much. */
const CALM = 1_000;

export function DrillReport({ id, props, t }: { id: string; props: PageProps; t: Words }) {
  const { api, language, news } = props;
  const ofReport = reportWords(language);
  const [report, setReport] = useState<Report>();
  const [said, setSaid] = useState("");
  const [asking, setAsking] = useState(false);
  const [, tick] = useState(0);
  const calm = useRef<ReturnType<typeof setTimeout>>(undefined);
  const say = (error: unknown) =>
    setSaid(t("failed", { why: error instanceof Error ? error.message : String(error) }));
  const read = () =>
    readDrill(api, id).then((found) => {
      setReport(found);
      setSaid("");
    }, say);

  useEffect(() => {
    setReport(undefined);
    setAsking(false);
    void read();
    return () => clearTimeout(calm.current);
  }, [id]);
  // The first news is read for soon; what comes meanwhile comes along with it.
  useEffect(() => {
    if (news === 0 || calm.current) return;
    calm.current = setTimeout(() => {
      calm.current = undefined;
      void read();
    }, CALM);
  }, [news, id]);
  useEffect(() => {
    const timer = setInterval(() => tick((count) => count + 1), 1_000);
    return () => clearInterval(timer);
  }, []);

  if (!report) return <p class={said ? "refusal" : "empty"}>{said || "…"}</p>;
  const now = props.now();
  const running = isRunning(report, now);
  const end = () => {
    setAsking(false);
    endDrill(api, id).then(read, say);
  };
  return (
    <article class="drl-report" aria-labelledby="drl-title">
      <header class="drl-banner">
        <div>
          <p>
            <span class="tag drill">{t("mark")}</span> {t(report.kind === "muster" ? "muster" : "exercise")} ·{" "}
            {report.area_name} ·{" "}
            <strong data-drill-state>
              {running
                ? `${t("running")} · ${t("left", { time: countdown(Date.parse(report.until) - now) })}`
                : t("ended")}
            </strong>
          </p>
          <h2 id="drl-title">{report.title}</h2>
          <p class="quiet">
            {t("from_to", {
              from: moment(report.started_at, language, now),
              to: moment(report.ended_at ?? report.until, language, now),
            })}
          </p>
        </div>
        {running && !asking && (
          <button type="button" class="button danger" onClick={() => setAsking(true)}>
            {t("end")}
          </button>
        )}
        {running && asking && (
          <div class="drl-ask" role="alertdialog" aria-label={t("end")}>
            <p>{t("end_ask")}</p>
            <button type="button" class="button danger" onClick={end}>
              {t("end_yes")}
            </button>
            <button type="button" class="button" onClick={() => setAsking(false)}>
              {t("keep")}
            </button>
          </div>
        )}
      </header>
      {said && (
        <p class="refusal" role="alert">
          {said}
        </p>
      )}
      {report.roll && (
        <>
          <RollFigures roll={report.roll} t={t} />
          <Names report={report} props={props} t={t} />
          <Groups title={t("by_unit")} groups={report.by_unit} t={t} />
          <Groups title={t("by_community")} groups={report.by_community} t={t} />
        </>
      )}
      {report.response && (
        <section aria-label={t("response")} data-drill="true">
          <Tiles figures={report.response} t={ofReport} language={language} />
        </section>
      )}
      {report.tasks.length > 0 && (
        <section class="drl-card" aria-labelledby="drl-tasks">
          <h3 id="drl-tasks">{t("tasks")}</h3>
          <div class="rep-scroll">
            <table>
              <tbody>
                {report.tasks.map((each) => (
                  <tr key={each.number}>
                    <th scope="row">
                      <span class={`tag ${each.urgency}`}>{ofReport.of("urgency", each.urgency)}</span>{" "}
                      {each.title}
                    </th>
                    <td>{clock(each.due_at, language)}</td>
                    <td>{each.problem ?? t(each.task_id ? "posted" : "waiting")}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </section>
      )}
    </article>
  );
}
