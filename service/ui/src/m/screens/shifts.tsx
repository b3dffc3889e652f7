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

interface Shift {
  day: string;
  from: string;
  to: string;
}

export function Shifts() {
  const { state, t, now } = useApp();
  const [giving, give] = useState<Shift>();
  const days = new Map<string, Shift[]>();
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
            <span>{shifts.map((each) => `${each.from}–${each.to}`).join(" ")}</span>
            {!begun.has(date) && (
              <Button look="quiet" onPress={() => give(shifts[0])}>
                {t("propose")}
              </Button>
            )}
            <Asked date={date} />
          </li>
        ))}
      </ul>
      {giving && <Give shift={giving} onClose={() => give(undefined)} />}
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

function Give({ shift, onClose }: { shift: Shift; onClose: () => void }) {
  const { app, state, t } = useApp();
  const [to, setTo] = useState("");
  const { day, from, to: until } = shift;

  function send() {
    void app.act({ do: "propose", to: to.trim(), day, from, until });
    onClose();
  }

  return (
    <Sheet
      title={`${t("propose")}${t("colon")}${dayName(day, state.language)} ${from}–${until}`}
      onClose={onClose}
    >
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
