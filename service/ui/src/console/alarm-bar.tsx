/** Alarms, until a person acknowledges each. */

import { clock } from "../shared/times.ts";
import type { Alarm } from "./alarms.ts";
import { Button, useDesk, useName } from "./parts.tsx";

const MOST = 4;

export function Alarms() {
  const { state, t } = useDesk();
  const { alarms } = state;
  return (
    <section class="alarms" role="alert" aria-label={t("alarms")}>
      {alarms.slice(0, MOST).map((each) => (
        <One key={each.key} alarm={each} />
      ))}
      {alarms.length > MOST && <p class="quiet">+{alarms.length - MOST}</p>}
    </section>
  );
}

function One({ alarm }: { alarm: Alarm }) {
  const { desk, state, t, language } = useDesk();
  const name = useName();
  const task = alarm.task ? state.tasks.get(alarm.task) : undefined;
  return (
    <div class={`alarm ${alarm.kind}`}>
      <strong>{t.of("alarm", alarm.kind)}</strong>
      {alarm.drill && <span class="tag drill">{t("drill")}</span>}
      <span class="about">
        {[alarm.member && name(alarm.member).name, task?.title, alarm.place ?? task?.grid.name]
          .filter(Boolean)
          .join(" · ")}
      </span>
      <time class="quiet">{clock(alarm.at, language)}</time>
      {task && (
        <Button small onPress={() => desk.select(task.id)}>
          {t("open_task")}
        </Button>
      )}
      <Button small look="main" onPress={() => void desk.bells.acknowledge(alarm)}>
        {t("acknowledge")}
      </Button>
    </div>
  );
}
