/** The day: on duty or not, for how long, the next shifts, and who asks to be relieved. */

import { useState } from "preact/hooks";
import { HOUR, moment, nextHour } from "../../shared/times.ts";
import { CallForHelp, Once } from "../location.tsx";
import { Button, Heading, NotSent, Sheet, useApp } from "../parts.tsx";
import { Musters } from "./musters.tsx";
import { Handovers, Shifts } from "./shifts.tsx";

const EVENING = 22;

export function Today() {
  const { state, t } = useApp();
  return (
    <>
      <Heading>{state.said.name || t("tab_today")}</Heading>
      <Musters />
      <Duty />
      <Handovers />
      <Shifts />
      {state.said.at > 0 && state.way === "offline" && <AsOf />}
    </>
  );
}

function AsOf() {
  const { state, t, now } = useApp();
  return <p class="quiet">{t("as_of", { time: moment(state.said.at, state.language, now) })}</p>;
}

function Duty() {
  const { app, view, state, t, now } = useApp();
  const [isAsking, setAsking] = useState(false);
  const { duty } = view;
  if (!duty) return null;
  const until = duty.until
    ? t("duty_until", { time: moment(duty.until, state.language, now) })
    : t(duty.by === "calendar" ? "duty_by_calendar" : "duty_open");

  const goOn = (end: number | null) => {
    setAsking(false);
    void app.act({ do: "duty", state: "on", until: end === null ? null : new Date(end).toISOString() });
  };

  return (
    <section class={`card duty ${duty.on ? "on" : "off"}`} aria-labelledby="duty">
      <h2 id="duty">
        <span class="lamp" aria-hidden="true" />
        {t(duty.on ? "duty_on" : "duty_off")}
      </h2>
      {(duty.on || duty.waits) && (
        <p>
          {duty.on && <strong>{until}</strong>} {duty.waits && <NotSent />}
        </p>
      )}
      <p class="quiet">{t(duty.on ? "duty_on_lead" : "duty_off_lead")}</p>
      {duty.on ? (
        <Button large onPress={() => void app.act({ do: "duty", state: "off", until: null })}>
          {t("duty_stop")}
        </Button>
      ) : (
        <Button look="main" large onPress={() => setAsking(true)}>
          {t("duty_start")}
        </Button>
      )}
      {duty.on && !duty.waits && (
        <>
          <Once />
          <CallForHelp />
        </>
      )}
      {isAsking && (
        <Sheet title={t("duty_how_long")} onClose={() => setAsking(false)}>
          <div class="choices">
            <Button onPress={() => goOn(now + HOUR)}>{t("duty_1")}</Button>
            <Button onPress={() => goOn(now + 2 * HOUR)}>{t("duty_2")}</Button>
            <Button onPress={() => goOn(now + 4 * HOUR)}>{t("duty_4")}</Button>
            <Button onPress={() => goOn(nextHour(EVENING, now))}>{t("duty_tonight")}</Button>
            <Button onPress={() => goOn(null)}>{t("duty_no_end")}</Button>
          </div>
        </Sheet>
      )}
    </section>
  );
}
