/** The head: pages, what one does most, how fresh the picture is, how it looks and sounds. */

import { moment } from "../shared/times.ts";
import type { PageName } from "./frame.tsx";
import { Button, useDesk, useNow } from "./parts.tsx";
import type { Theme } from "./prefs.ts";
import { canSound, hasSound } from "./sounds.ts";

/** Silence, in milliseconds, after which the picture is taken for old: heartbeats come more often. */
const OLD_AFTER = 60_000;
const THEMES: readonly Theme[] = ["auto", "light", "night"];

export function Head({ page }: { page: PageName }) {
  const { desk, state, t, language } = useDesk();
  const { prefs, me } = state;
  const nextTheme = () => {
    const { theme } = desk.state.prefs;
    desk.prefer({ theme: THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? "auto" });
  };
  return (
    <header class="head">
      <h1 class="brand">
        <span class="brand-mark" aria-hidden="true" />
        {t("brand")}
      </h1>
      <nav aria-label={t("pages")}>
        {(["desk", "reports", "drills"] as const).map((each) => (
          <a
            key={each}
            href={`#/${each === "desk" ? "" : each}`}
            aria-current={each === page ? "page" : undefined}
          >
            {t(`page_${each}`)}
          </a>
        ))}
      </nav>
      <Badge />
      <span class="gap" />
      {page === "desk" && (
        <>
          <Button look="main" onPress={() => desk.beginPost()}>
            {t("new_task")} <kbd>N</kbd>
          </Button>
          <Button look="danger" onPress={() => desk.set({ dialog: "mode" })}>
            {t("mode")} <kbd>M</kbd>
          </Button>
        </>
      )}
      <Button look="quiet" pressed={prefs.sound} onPress={() => desk.prefer({ sound: !prefs.sound })}>
        <span class={`icon ${prefs.sound ? "sound" : "mute"}`} aria-hidden="true" />
        {t("sound")}
      </Button>
      <Button look="quiet" pressed={prefs.big} onPress={() => desk.prefer({ big: !prefs.big })}>
        {t("big")}
      </Button>
      <Button look="quiet" label={t("theme", { name: t(`theme_${prefs.theme}`) })} onPress={nextTheme}>
        {t(`theme_${prefs.theme}`)}
      </Button>
      <Button look="quiet" onPress={() => desk.prefer({ language: language === "zh" ? "en" : "zh" })}>
        {t("language")}
      </Button>
      <Button look="quiet" label={t("help")} onPress={() => desk.set({ dialog: "help" })}>
        ?
      </Button>
      <span class="me">{me?.display_name}</span>
      <Button look="quiet" onPress={() => void desk.logOut()}>
        {t("log_out")}
      </Button>
    </header>
  );
}

function Badge() {
  const { state, t } = useDesk();
  const { way, heard } = state;
  const mute = state.prefs.sound && !canSound();
  return (
    <>
      <p class={`badge ${way}`} role="status" data-heard={heard}>
        {t(`way_${way}`)}
      </p>
      {mute && <p class="quiet mute-hint">{t(hasSound() ? "sound_needs" : "sound_none")}</p>}
    </>
  );
}

/** Says of an old picture that it is one. */
export function OldBar() {
  const { state, t, language } = useDesk();
  const now = useNow(2_000);
  const silent = state.heardAt > 0 && now - state.heardAt > OLD_AFTER;
  const old = state.loaded && (silent || state.way === "offline");
  return (
    <div role="alert" class="alert-place">
      {old && <p class="old">{t("old", { time: moment(state.heardAt, language, now) })}</p>}
    </div>
  );
}
