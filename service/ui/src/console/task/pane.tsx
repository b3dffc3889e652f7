/** The right pane: the selected task, how to steer it, and its parts behind tabs. */

import { useEffect, useState } from "preact/hooks";
import { moment } from "../../shared/times.ts";
import { Clock, useCategoryName, useDesk, useNow, useUnitName } from "../parts.tsx";
import { type Task, timers } from "../tasks.ts";
import { Choose } from "./choose.tsx";
import { Notes } from "./notes.tsx";
import { Overview } from "./overview.tsx";
import { People } from "./people.tsx";
import { Steer } from "./steer.tsx";
import { Talk } from "./talk.tsx";
import { Waves } from "./waves.tsx";

const TABS = ["people", "waves", "choose", "talk", "notes"] as const;
type Tab = (typeof TABS)[number];

export function TaskPane() {
  const { desk, state } = useDesk();
  const { selected } = state;
  const task = selected ? state.tasks.get(selected) : undefined;
  useEffect(() => {
    if (selected && !task) desk.reading.task(selected);
  }, [selected]);
  if (!task) return <Overview />;
  return <One key={task.id} task={task} />;
}

function One({ task }: { task: Task }) {
  const { state, t } = useDesk();
  const [tab, setTab] = useState<Tab>("people");
  const dispatcher = state.me?.roles.includes("dispatcher") ?? false;
  const tabs = TABS.filter((each) => dispatcher || each !== "choose");
  const turn = (event: KeyboardEvent) => {
    const way = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!way) return;
    event.preventDefault();
    const next = tabs[(tabs.indexOf(tab) + way + tabs.length) % tabs.length] ?? "people";
    setTab(next);
    document.getElementById(`tab-${next}`)?.focus();
  };
  return (
    <div class="task">
      <TaskHead task={task} />
      {dispatcher && <Steer task={task} />}
      <div class="tabs" role="tablist" aria-label={t("tabs_label")} onKeyDown={turn}>
        {tabs.map((each) => (
          <button
            key={each}
            type="button"
            role="tab"
            id={`tab-${each}`}
            aria-selected={tab === each}
            aria-controls="task-part"
            tabIndex={tab === each ? 0 : -1}
            onClick={() => setTab(each)}
          >
            {t(`tab_${each}`)}
          </button>
        ))}
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a tab panel that scrolls is to be reached by the keyboard */}
      <div key={tab} class="part" role="tabpanel" id="task-part" aria-labelledby={`tab-${tab}`} tabIndex={0}>
        {tab === "people" && <People task={task} />}
        {tab === "waves" && <Waves task={task} />}
        {tab === "choose" && <Choose task={task} />}
        {tab === "talk" && <Talk task={task} />}
        {tab === "notes" && <Notes task={task} />}
      </div>
    </div>
  );
}

function TaskHead({ task }: { task: Task }) {
  const { t, language } = useDesk();
  const now = useNow(5_000);
  const category = useCategoryName();
  const unit = useUnitName();
  const at = (time: string) => moment(time, language, now);
  return (
    <header class={`task-head ${task.urgency}`}>
      <p class="tags">
        <span class={`tag ${task.urgency}`}>{t.of("urgency", task.urgency)}</span>
        <span class={`tag state ${task.state}`}>{t.of("state", task.state)}</span>
        <span class={task.level ? `tag level l${task.level}` : "tag"}>
          {t.of("mode", task.mode)}
          {task.level && ` ${task.level}`}
        </span>
        {task.drill && <span class="tag drill">{t("drill")}</span>}
      </p>
      <h2 id="task-title" tabIndex={-1}>
        {task.title}
      </h2>
      <p class="quiet">
        {[
          task.grid.name,
          category(task.category),
          t("posted_at", { time: at(task.created_at) }),
          task.needed_by && t("deadline", { time: at(task.needed_by) }),
        ]
          .filter(Boolean)
          .join(" · ")}
      </p>
      <p class="quiet">
        {task.responsible_units.length > 0
          ? t("units_are", { units: task.responsible_units.map(unit).join(language === "zh" ? "、" : ", ") })
          : t("units_none")}
        {task.residents_of && ` · ${t("residents_only")}`}
      </p>
      {task.ended_at && (
        <p>
          {t("ended_as", { state: t.of("state", task.state), time: at(task.ended_at) })}{" "}
          {task.end_reason && t("end_reason_is", { reason: task.end_reason })}
        </p>
      )}
      {task.instructions && <p class="prose">{task.instructions}</p>}
      <Timers task={task} now={now} />
    </header>
  );
}

function Timers({ task, now }: { task: Task; now: number }) {
  const { t } = useDesk();
  const found = timers(task, now);
  if (found.length === 0) return null;
  return (
    <dl class="timers">
      {found.slice(0, 4).map((each) => (
        <div key={`${each.what}${each.at}`} class={each.bad ? "bad" : ""}>
          <dt>{t(`timer_${each.what}`)}</dt>
          <dd>
            <Clock at={each.at} up={each.up} />
          </dd>
        </div>
      ))}
    </dl>
  );
}
