/** What is going on, while no task is selected: how much, how many are on their way, and what needs a look. */

import { Keys } from "../help.tsx";
import { Button, useDesk, useNow } from "../parts.tsx";
import { engagements, isLive, needsALook, openSeats, URGENCIES } from "../tasks.ts";

const ON_THE_MOVE = ["accepted", "en_route", "on_scene"] as const;

export function Overview() {
  const { desk, state, t } = useDesk();
  const now = useNow(5_000);
  const live = [...state.tasks.values()].filter(
    (each) => isLive(each) && (state.filter.drills || !each.drill),
  );
  const people = live.flatMap(engagements);
  const [first, ...others] = desk.listed().filter((each) => needsALook(each, now, state.calls));
  return (
    <div class="overview">
      <h2>{t("overview")}</h2>
      <table>
        <thead>
          <tr>
            <th scope="col">{t("overview_urgency")}</th>
            <th scope="col">{t("overview_tasks")}</th>
            <th scope="col">{t("overview_seats")}</th>
          </tr>
        </thead>
        <tbody>
          {URGENCIES.map((urgency) => {
            const some = live.filter((each) => each.urgency === urgency);
            const seats = some.reduce((sum, each) => sum + openSeats(each), 0);
            return (
              <tr key={urgency} class={urgency}>
                <th scope="row">{t(`urgency_${urgency}`)}</th>
                <td>{some.length}</td>
                <td>{seats}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
      <dl class="moving">
        {ON_THE_MOVE.map((each) => (
          <div key={each}>
            <dt>{t.of("engaged", each)}</dt>
            <dd>{people.filter((person) => person.state === each).length}</dd>
          </div>
        ))}
      </dl>
      {first && (
        <p class="look-first">
          <span>{t("overview_look", { count: others.length + 1 })}</span>
          <Button small look="main" onPress={() => desk.select(first.id)}>
            {t("open_task")}
          </Button>
        </p>
      )}
      <p class="quiet">{t("nothing_selected")}</p>
      <h3>{t("keys_title")}</h3>
      <Keys />
    </div>
  );
}
