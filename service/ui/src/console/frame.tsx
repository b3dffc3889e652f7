/** The whole page: the head, banners and alarms, the panes or a page beside the desk, and what lies over them. */

import { useEffect, useState } from "preact/hooks";
import { TAGS } from "../shared/times.ts";
import { Alarms } from "./alarm-bar.tsx";
import type { Desk } from "./desk.ts";
import { Head, OldBar } from "./head.tsx";
import { Help } from "./help.tsx";
import { useKeys } from "./keys.ts";
import { Lazy } from "./lazy.tsx";
import { LogIn, LogInAgain } from "./login.tsx";
import { Banner } from "./mode/banner.tsx";
import { ModeDialog } from "./mode/dialog.tsx";
import { Notices } from "./notices.tsx";
import type { PageProps } from "./page.ts";
import { Context, useDesk, useGiven } from "./parts.tsx";
import { Workplace } from "./workplace.tsx";

export type PageName = "desk" | "reports" | "drills";

const PAGES = {
  reports: () => import("./reports/page.tsx"),
  drills: () => import("./drills/page.tsx"),
};

export function Frame({ desk }: { desk: Desk }) {
  const given = useGiven(desk);
  const { state, t, language } = given;
  const { theme, big } = state.prefs;
  useEffect(() => {
    document.documentElement.lang = TAGS[language];
    document.title = t("app");
  }, [language]);
  useEffect(() => {
    document.documentElement.dataset["theme"] = theme;
    document.documentElement.classList.toggle("big", big);
  }, [theme, big]);
  return (
    <Context.Provider value={given}>
      {state.standing === "opening" && <p class="opening">{t("opening")}</p>}
      {state.standing === "out" && <LogIn />}
      {state.standing === "in" && <Inside />}
    </Context.Provider>
  );
}

function Inside() {
  const { desk, state, language } = useDesk();
  const page = usePage();
  useKeys(desk, page);
  const { asking, dialog } = state;
  const props: PageProps = {
    api: desk.api,
    root: desk.root,
    fetch: desk.session.fetch,
    language,
    night: desk.night,
    now: () => desk.now(),
    news: state.news,
  };
  return (
    <>
      <Head page={page} />
      <Banner />
      <OldBar />
      <Alarms />
      <Notices />
      {page === "desk" ? (
        <Workplace />
      ) : (
        <main class="page" id="page">
          <Lazy key={page} load={PAGES[page]} props={props} />
        </main>
      )}
      {dialog === "mode" && <ModeDialog />}
      {dialog === "help" && <Help />}
      {asking && <LogInAgain />}
      <p class="unseen" role="status">
        {state.said}
      </p>
    </>
  );
}

function usePage(): PageName {
  const named = (): PageName => {
    const name = location.hash.replace(/^#\/?/, "");
    return name === "reports" || name === "drills" ? name : "desk";
  };
  const [page, setPage] = useState<PageName>(named);
  useEffect(() => {
    const turn = () => setPage(named());
    addEventListener("hashchange", turn);
    return () => removeEventListener("hashchange", turn);
  }, []);
  return page;
}
