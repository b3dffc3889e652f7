/** The calendar's next days, and who asks to be relieved of theirs. */

import { useState } from "preact/hooks";
import { day, type Language } from "../../shared/times.ts";
import { Button, NotSent, Section, Sheet, useApp } from "../parts.tsx";

/** A date without a time is a local day. */
function dayName(date: string, language: Language): string {
  return day(new Date(`${date}T00:00:00`).getTime(), language);
}

/** How many days with a shift are shown. */
const MOST_DAYS = 5;

/** What one has on a day: "08:00–12:00 14:00–18:00". */
const hours = (shifts: { from: string; to: string }[]) =>
  shifts.map((each) => `${each.from}–${each.to}`).join(" ");

export function Shifts() {
  const { state, t, now } = useApp();
  const [giving, give] = useState("");
  const days = new Map<string, { from: string; to: string }[]>();
  for (const each of state.said.calendar?.periods ?? []) {
    if (!each.on_duty || each.by === "switch" || Date.parse(each.end) <= now) continue;
    days.set(each.day, [...(days.get(each.day) ?? []), each]);
  }
  // What has begun cannot be handed over any more.
  const begun = new Set(
    (state.said.calendar?.periods ?? [])
      .filter((each) => Date.parse(each.start) <= now)
      .map((each) => each.day),
  );
  return (
    <Section title={t("shifts")}>
      {days.size === 0 && <p class="quiet">{t("shifts_none")}</p>}
      <ul class="shifts">
        {[...days].slice(0, MOST_DAYS).map(([date, shifts]) => (
          <li key={date}>
            <span>{dayName(date, state.language)}</span>
            <span>{hours(shifts)}</span>
            {!begun.has(date) && (
              <Button look="quiet" onPress={() => give(date)}>
                {t("propose")}
              </Button>
            )}
            <Asked date={date} />
          </li>
        ))}
      </ul>
      {giving && <Give day={giving} hours={hours(days.get(giving) ?? [])} onClose={() => give("")} />}
    </Section>
  );
}

/** Whom one has asked to take a day, and who has not answered. */
function Asked({ date }: { date: string }) {
  const { state, t } = useApp();
  const waits = state.queue.some(({ action }) => action.do === "propose" && action.day === date);
  const names = state.said.proposed.filter((each) => each.day === date).map((each) => each.to_member.name);
  return (
    <span class="wide" role="status">
      {names.length > 0 && t("proposed", { name: names.join("、") })} {waits && <NotSent />}
    </span>
  );
}

function Give(given: { day: string; hours: string; onClose: () => void }) {
  const { app, state, t } = useApp();
  const [to, setTo] = useState("");
  const title = `${t("propose")}${t("colon")}${dayName(given.day, state.language)} ${given.hours}`;

  function send() {
    void app.act({ do: "propose", to: to.trim(), day: given.day });
    given.onClose();
  }

  return (
    <Sheet title={title} onClose={given.onClose}>
      <p>{t("propose_lead")}</p>
      <label for="colleague">{t("propose_number")}</label>
      <input
        id="colleague"
        value={to}
        autocomplete="off"
        onInput={(event) => setTo(event.currentTarget.value)}
      />
      <Button look="main" large busy={!to.trim()} onPress={send}>
        {t("propose_send")}
      </Button>
    </Sheet>
  );
}

export function Handovers() {
  const { app, state, view, t } = useApp();
  if (view.handovers.length === 0) return null;
  return (
    <Section title={t("handovers")} tone="messages">
      <ul class="handovers">
        {view.handovers.map(({ handover, answered }) => (
          <li key={handover.id}>
            <p>{t("handover_ask", { name: handover.from_member.name })}</p>
            <p>
              <strong>{`${dayName(handover.day, state.language)} ${handover.from}–${handover.to}`}</strong>{" "}
              {answered && <NotSent />}
            </p>
            {!answered && (
              <div class="pair">
                {(["accept", "decline"] as const).map((answer) => (
                  <Button
                    key={answer}
                    look={answer === "accept" ? "main" : "plain"}
                    onPress={() => void app.act({ do: "handover", handover: handover.id, answer })}
                  >
                    {t(answer === "accept" ? "handover_yes" : "handover_no")}
                  </Button>
                ))}
              </div>
            )}
          </li>
        ))}
      </ul>
    </Section>
  );
}
