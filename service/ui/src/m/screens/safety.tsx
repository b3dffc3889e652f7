/** Safe, or in need of help: one press from anywhere in a task; on scene the service asks at intervals. */

import { useState } from "preact/hooks";
import { clock, countdown } from "../../shared/times.ts";
import { Button, NotSent, Section, Sheet, useApp } from "../parts.tsx";
import type { Engaged } from "../view.ts";

export function Safety({ engaged }: { engaged: Engaged }) {
  const { app, state, t, now } = useApp();
  const [isAsking, setAsking] = useState(false);
  const { confirmBy, offer } = engaged;
  const left = confirmBy ? Date.parse(confirmBy) - now : 0;
  const help = state.queue.some(({ action }) => action.do === "confirm" && action.how === "need_help");
  const [hasAsked, setAsked] = useState(false);
  const confirm = (how: "safe" | "need_help") => {
    setAsking(false);
    setAsked(how === "need_help");
    void app.act({ do: "confirm", offer: offer.id, how });
  };

  return (
    <Section title={t("safety")} tone={confirmBy && left <= 0 ? "overdue" : "safety"}>
      {confirmBy && left > 0 && (
        <p>
          {t("safety_due", { time: clock(confirmBy, state.language) })}
          <span class="short-time" role="timer">
            {countdown(left)}
          </span>
        </p>
      )}
      {confirmBy && left <= 0 && <p role="alert">{t("safety_overdue")}</p>}
      {help && (
        <p role="alert" class="trouble">
          {t("need_help_waits")} <NotSent />
        </p>
      )}
      {hasAsked && !help && <p role="status">{t("need_help_sent")}</p>}
      <div class="pair">
        {engaged.state === "on_scene" && <Button onPress={() => confirm("safe")}>{t("safe")}</Button>}
        <Button look="danger" onPress={() => setAsking(true)}>
          {t("need_help")}
        </Button>
      </div>
      {isAsking && (
        <Sheet title={t("need_help_ask")} onClose={() => setAsking(false)}>
          <Button look="danger" large onPress={() => confirm("need_help")}>
            {t("need_help_yes")}
          </Button>
        </Sheet>
      )}
    </Section>
  );
}
