/** The member's position: explained before it is asked for, and never needed for anything else. */

import { useEffect, useState } from "preact/hooks";
import { clock } from "../shared/times.ts";
import { isCall } from "./actions.ts";
import { isDenied, locate } from "./here.ts";
import { Button, Emergency, NotSent, Section, Sheet, useApp } from "./parts.tsx";

const EVERY = 60_000;
type How = "asleep" | "working" | "sent" | "denied" | "failed";

/** One report, when the member presses for it. */
export function Once() {
  const { app, state, t } = useApp();
  const [how, setHow] = useState<How>("asleep");
  const waits = state.queue.some(({ action }) => action.do === "checkin");

  async function send() {
    setHow("working");
    const found = await locate();
    if (typeof found === "string") return setHow(found);
    await app.act({ do: "checkin", point: found, how: null });
    setHow("sent");
  }

  return (
    <div class="once">
      <p class="quiet">{t("location_once_why")}</p>
      <Button look="quiet" busy={how === "working"} onPress={() => void send()}>
        {t("location_once")}
      </Button>
      <p role="status">
        {how === "sent" && (waits ? <NotSent /> : t("location_done"))}
        {(how === "denied" || how === "failed") && t(`location_${how}`)}
      </p>
    </div>
  );
}

/** A call for help while on duty and not in a task: with the position, however coarse it is. */
export function CallForHelp() {
  const { app, state, t } = useApp();
  const [isAsking, setAsking] = useState(false);
  const [how, setHow] = useState<How>("asleep");
  const waits = state.queue.some(isCall);
  const isAnswered = state.verdicts.some(isCall);
  // What became of it stands on top of the screen then.
  useEffect(() => {
    if (isAnswered) setHow("asleep");
  }, [isAnswered]);

  async function call() {
    setAsking(false);
    setHow("working");
    const found = await locate();
    if (typeof found === "string") return setHow(found);
    await app.act({ do: "checkin", point: found, how: "need_help" });
    setHow("sent");
  }

  return (
    <div class="once">
      <Button look="danger" busy={how === "working"} onPress={() => setAsking(true)}>
        {t("need_help")}
      </Button>
      <p role="alert" class={how === "sent" && !waits ? "" : "trouble"}>
        {how === "sent" && t(waits ? "need_help_waits" : "need_help_sent")}
        {(how === "denied" || how === "failed") && t("need_help_no_place")}
      </p>
      {(how === "denied" || how === "failed") && <Emergency />}
      {isAsking && (
        <Sheet title={t("need_help_ask")} onClose={() => setAsking(false)}>
          <p>{t("need_help_place")}</p>
          <Button look="danger" large onPress={() => void call()}>
            {t("need_help_yes")}
          </Button>
        </Sheet>
      )}
    </div>
  );
}

/** A report each minute while one is engaged and the page is seen, after the member's yes. */
export function WhileEngaged() {
  const { app, state, t } = useApp();
  const [trouble, setTrouble] = useState<"" | "denied" | "failed">("");
  const [last, setLast] = useState(0);
  const { share, language } = state;

  useEffect(() => {
    if (!share) return;
    let isOver = false;
    async function report() {
      if (document.visibilityState !== "visible") return;
      const found = await locate();
      if (isOver) return;
      if (typeof found === "string") return setTrouble(found);
      setTrouble("");
      setLast(app.now());
      await app.act({ do: "checkin", point: found, how: null });
    }
    void report();
    const timer = setInterval(() => void report(), EVERY);
    return () => {
      isOver = true;
      clearInterval(timer);
    };
  }, [share]);

  async function say(yes: boolean) {
    setTrouble(yes && (await isDenied()) ? "denied" : "");
    await app.setShare(yes);
  }

  return (
    <Section title={t("location")}>
      <p role="status">
        {share === undefined && t("location_why")}
        {share === false && t("location_off")}
        {share && (trouble ? t(`location_${trouble}`) : t("location_on"))}
        {share && !trouble && last > 0 && ` · ${t("location_sent", { time: clock(last, language) })}`}
      </p>
      <div class="pair">
        {share === undefined && (
          <Button look="quiet" onPress={() => void say(false)}>
            {t("location_no")}
          </Button>
        )}
        {share ? (
          <Button look="quiet" onPress={() => void say(false)}>
            {t("location_stop")}
          </Button>
        ) : (
          <Button onPress={() => void say(true)}>{t("location_yes")}</Button>
        )}
      </div>
    </Section>
  );
}
