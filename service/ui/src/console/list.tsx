/** The left pane: tasks by urgency, what needs a look first, each with the clock that matters most. */

import { useEffect, useRef } from "preact/hooks";
import { Clock, useCategoryName, useDesk, useNow } from "./parts.tsx";
import { STRETCH, Stretch, stretches } from "./stretch.tsx";
import { type Filter, needsALook, openSeats, type Task, timers, URGENCIES } from "./tasks.ts";

const STATES: readonly Filter["state"][] = ["live", "open", "staffed", "under_way", "ended"];

export function TaskList() {
  const { desk, state, t } = useDesk();
  const now = useNow(5_000);
  const { filter, selected, calls, loaded } = state;
  const tasks = desk.listed();
  const first = selected && tasks.some((each) => each.id === selected) ? selected : tasks[0]?.id;
  return (
    <section class="list" aria-label={t("tasks")}>
      <Filters count={tasks.length} />
      <div class="rows">
        {tasks.length === 0 && (
          <p class="empty">{loaded ? t(filter.text ? "no_tasks" : "no_tasks_yet") : t("opening")}</p>
        )}
        {URGENCIES.map((urgency) => {
          const some = tasks.filter((each) => each.urgency === urgency);
          return (
            some.length > 0 && (
              <section key={urgency} class={`group ${urgency}`} aria-label={t(`urgency_${urgency}`)}>
                <h2>
                  {t(`urgency_${urgency}`)} <span class="count">{some.length}</span>
                </h2>
                {stretches(some).map((stretch, place) => (
                  <Stretch
                    key={place}
                    length={stretch.length}
                    kept={stretch.some((each) => each.id === first)}
                  >
                    {() =>
                      stretch.map((task, index) => (
                        <li
                          key={task.id}
                          aria-setsize={some.length}
                          aria-posinset={place * STRETCH + index + 1}
                        >
                          <Row
                            task={task}
                            now={now}
                            selected={task.id === selected}
                            first={task.id === first}
                            call={calls.has(task.id)}
                          />
                        </li>
                      ))
                    }
                  </Stretch>
                ))}
              </section>
            )
          );
        })}
      </div>
    </section>
  );
}

function Filters({ count }: { count: number }) {
  const { desk, state, t } = useDesk();
  const { filter } = state;
  const set = (change: Partial<Filter>) => {
    desk.act({ filter: { ...desk.state.filter, ...change } });
    if (change.state === "ended") void desk.reading.ended();
  };
  return (
    <div class="filters">
      <div class="search-line">
        <input
          id="task-search"
          type="search"
          aria-label={t("search")}
          placeholder={t("search_hint")}
          value={filter.text}
          onInput={(event) => set({ text: event.currentTarget.value })}
        />
        <span class="quiet total">{t("shown", { count })}</span>
      </div>
      <fieldset class="chips">
        <legend class="unseen">{t("show")}</legend>
        {STATES.map((each) => (
          <label key={each} class="chip">
            <input
              type="radio"
              name="state"
              checked={filter.state === each}
              onChange={() => set({ state: each })}
            />
            <span>{t(`filter_${each}`)}</span>
          </label>
        ))}
        <label class="chip">
          <input
            type="checkbox"
            checked={filter.drills}
            onChange={(event) => set({ drills: event.currentTarget.checked })}
          />
          <span>{t("filter_drills")}</span>
        </label>
      </fieldset>
    </div>
  );
}

function Row(given: { task: Task; now: number; selected: boolean; first: boolean; call: boolean }) {
  const { task, now, selected, first, call } = given;
  const { desk, t } = useDesk();
  const category = useCategoryName();
  const row = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (selected) row.current?.scrollIntoView({ block: "nearest" });
  }, [selected]);
  const [timer] = timers(task, now);
  const look = needsALook(task, now, call ? new Set([task.id]) : new Set());
  const open = openSeats(task);
  const filled = task.seats.length - open;
  return (
    <button
      type="button"
      ref={row}
      class={`row ${task.urgency}${look ? " look" : ""}${task.drill ? " is-drill" : ""}`}
      data-task={task.id}
      aria-current={selected ? "true" : undefined}
      tabIndex={first ? 0 : -1}
      onClick={() => desk.select(task.id)}
    >
      <span class="title">
        {task.drill && <span class="tag drill">{t("drill")}</span>}
        {call && <span class="tag help">{t("alarm_help")}</span>}
        {task.title}
      </span>
      {timer && (
        <span class={timer.bad ? "timer bad" : "timer"}>
          <span class="what">{t(`timer_${timer.what}`)}</span>
          <Clock at={timer.at} up={timer.up} />
        </span>
      )}
      <span class="place">
        {task.grid.name} · {category(task.category)}
      </span>
      <span class="standing">
        <span class={`state ${task.state}`}>{t.of("state", task.state)}</span>
        <Seats filled={filled} all={task.seats.length} />
      </span>
    </button>
  );
}

/** Seats as dots while there are few, always in words for those who do not see them. */
function Seats({ filled, all }: { filled: number; all: number }) {
  const { t } = useDesk();
  return (
    <span class="seats">
      {all <= 6 && (
        <span class="dots" aria-hidden="true">
          {Array.from({ length: all }, (_, index) => (
            <i key={index} class={index < filled ? "filled" : ""} />
          ))}
        </span>
      )}
      <span aria-hidden="true">
        {filled}/{all}
      </span>
      <span class="unseen">{t("seats_of", { filled, all })}</span>
    </span>
  );
}
