/** The calendar's next days, and who asks to be relieved of theirs. */

import { day, type Language } from "../../shared/times.ts";
import { Button, NotSent, Section, useApp } from "../parts.tsx";

/** A date without a time is a local day. */
function dayName(date: string, language: Language): string {
  return day(new Date(`${date}T00:00:00`).getTime(), language);
}

/** How many days with a shift are shown. */
const MOST_DAYS = 5;

export function Shifts() {
  const { state, t, now } = useApp();
  const days = new Map<string, string[]>();
  for (const each of state.said.calendar?.periods ?? []) {
    if (!each.on_duty || each.by === "switch" || Date.parse(each.end) <= now) continue;
    days.set(each.day, [...(days.get(each.day) ?? []), `${each.from}–${each.to}`]);
  }
  return (
    <Section title={t("shifts")}>
      {days.size === 0 && <p class="quiet">{t("shifts_none")}</p>}
      <ul class="shifts">
        {[...days].slice(0, MOST_DAYS).map(([date, hours]) => (
          <li key={date}>
            <span>{dayName(date, state.language)}</span>
            <span>{hours.join(" ")}</span>
          </li>
        ))}
      </ul>
    </Section>
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
