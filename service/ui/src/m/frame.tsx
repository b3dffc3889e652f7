/** What is around every screen: the head, what waits, what was refused, the menu. */

import { useEffect, useState } from "preact/hooks";
import { TAGS } from "../shared/times.ts";
import { isCall } from "./actions.ts";
import type { App } from "./app.ts";
import { ring } from "./bell.ts";
import { Button, Context, Emergency, useApp, useGiven } from "./parts.tsx";
import { Engaged } from "./screens/engaged.tsx";
import { Enrol } from "./screens/enrol.tsx";
import { History } from "./screens/history.tsx";
import { Me } from "./screens/me.tsx";
import { OfferScreen } from "./screens/offer.tsx";
import { Today } from "./screens/today.tsx";
import type { Key } from "./texts.ts";

const TABS = ["today", "history", "me"] as const;
type Tab = (typeof TABS)[number];

export function Frame({ app }: { app: App }) {
  const given = useGiven(app);
  const { state, t } = given;
  useEffect(() => {
    document.documentElement.lang = TAGS[state.language];
    document.title = t("app");
  }, [state.language]);
  return (
    <Context.Provider value={given}>
      <Head />
      <Screen />
      <Announcer />
    </Context.Provider>
  );
}

function Screen() {
  const { state, view, t } = useApp();
  const [tab, setTab] = useTab();
  if (state.standing === "opening") {
    return (
      <main>
        <p class="lead">{t("loading")}</p>
      </main>
    );
  }
  if (state.standing !== "enrolled") return <Enrol />;
  if (view.asked) return <OfferScreen key={view.asked.id} offer={view.asked} />;
  return (
    <>
      <main>
        <Waiting />
        <Refusals />
        {tab === "today" && (view.engaged ? <Engaged engaged={view.engaged} /> : <Today />)}
        {tab === "history" && <History />}
        {tab === "me" && <Me />}
      </main>
      <nav class="tabs" aria-label={t("tabs")}>
        {TABS.map((each) => (
          <a
            key={each}
            href={`#${each}`}
            aria-current={each === tab ? "page" : undefined}
            onClick={() => setTab(each)}
          >
            {t(each === "today" && view.engaged ? "tab_task" : `tab_${each}`)}
          </a>
        ))}
      </nav>
    </>
  );
}

function useTab(): [Tab, (tab: Tab) => void] {
  const named = (): Tab => TABS.find((each) => location.hash === `#${each}`) ?? "today";
  const [tab, setTab] = useState<Tab>(named);
  useEffect(() => {
    const turn = () => setTab(named());
    addEventListener("hashchange", turn);
    return () => removeEventListener("hashchange", turn);
  }, []);
  return [tab, setTab];
}

function Head() {
  const { app, state, t } = useApp();
  const other = state.language === "zh" ? "en" : "zh";
  const way = navigator.onLine ? state.way : "offline";
  return (
    <header class="head">
      <p class="name">{t("app")}</p>
      {state.standing === "enrolled" && (
        <p class={`way ${way}`} role="status">
          {t(`way_${way}`)}
        </p>
      )}
      <button
        type="button"
        class="language"
        lang={TAGS[other]}
        aria-label={t("language_label")}
        onClick={() => void app.speak(other)}
      >
        {t("language")}
      </button>
    </header>
  );
}

function Waiting() {
  const { state, t } = useApp();
  const count = state.queue.filter(({ action }) => action.do !== "checkin").length;
  return (
    <div role="status">
      {count > 0 && <p class="note waiting">{t(count === 1 ? "waiting_one" : "waiting_many", { count })}</p>}
    </div>
  );
}

function Refusals() {
  const { app, state, t } = useApp();
  return (
    <div role="alert">
      {state.verdicts.map((each) => (
        <div key={each.seq} class="note refused">
          <p>
            <strong>{t(isCall(each) ? "done_help" : (`done_${each.action.do}` as Key))}</strong>
            {t("colon")}
            {each.title}
          </p>
          <p>{each.detail}</p>
          {isCall(each) && <Emergency />}
          <Button onPress={() => void app.dismiss(each.seq)}>{t("close")}</Button>
        </div>
      ))}
    </div>
  );
}

/** Says aloud what comes in, and rings for an offer. */
function Announcer() {
  const { state, view, t } = useApp();
  const { asked } = view;
  useEffect(() => {
    if (asked && state.sound) ring();
  }, [asked?.id]);
  return (
    <p class="unseen" role="alert">
      {asked && t("offer_alert", { category: asked.category_name, place: asked.rough_place })}
    </p>
  );
}
