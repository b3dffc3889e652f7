/** What is the member's own: limits, sound, data, looks at their position, the way out. */

import { useState } from "preact/hooks";
import type { Schemas } from "../../shared/client.ts";
import { moment } from "../../shared/times.ts";
import { allowSound } from "../bell.ts";
import { Button, Heading, Section, Sheet, useApp } from "../parts.tsx";
import { Limits } from "./limits.tsx";

export function Me() {
  const { app, state, t } = useApp();
  return (
    <>
      <Heading>{state.said.name || t("me")}</Heading>
      <Limits />
      <Section title={t("sound_title")}>
        <label class="check">
          <input
            type="checkbox"
            checked={state.sound}
            onChange={(event) => {
              allowSound();
              void app.setSound(event.currentTarget.checked);
            }}
          />
          <span>{t("sound")}</span>
        </label>
      </Section>
      <Data />
      <Leaving />
      <p class="quiet">{t("install")}</p>
    </>
  );
}

function Data() {
  const { app, state, t, now } = useApp();
  const [looks, setLooks] = useState<Schemas["LookOut"][]>();
  const [trouble, setTrouble] = useState("");
  const [busy, setBusy] = useState(false);

  async function withNetwork(work: () => Promise<boolean>) {
    setTrouble("");
    setBusy(true);
    const went = await work().catch(() => false);
    if (!went) setTrouble(t(navigator.onLine ? "failed" : "needs_network"));
    setBusy(false);
  }

  async function download() {
    const { data } = await app.api.GET("/api/v1/me/data");
    if (data) save(JSON.stringify(data, null, 2), "vanguard.json");
    return data !== undefined;
  }

  async function look() {
    const { data } = await app.api.GET("/api/v1/me/looks");
    setLooks(data?.items);
    return data !== undefined;
  }

  return (
    <Section title={t("data")}>
      <div class="stack">
        <Button busy={busy} onPress={() => void withNetwork(look)}>
          {t("looks")}
        </Button>
        {looks && (
          <ul class="looks" aria-live="polite">
            {looks.length === 0 && <li>{t("looks_none")}</li>}
            {looks.map((each) => (
              <li key={each.id}>
                <span>{moment(each.at, state.language, now)}</span>
                <span>{`${each.by} · ${t(each.precision === "exact" ? "looks_exact" : "looks_grid")}`}</span>
              </li>
            ))}
          </ul>
        )}
        <Button busy={busy} onPress={() => void withNetwork(download)}>
          {t("data_export")}
        </Button>
        <p class="trouble" role="alert">
          {trouble}
        </p>
      </div>
    </Section>
  );
}

/** Hand a text to the browser as a file. */
function save(text: string, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

function Leaving() {
  const { app, state, t } = useApp();
  const [asking, ask] = useState<"" | "leave" | "erase">("");
  return (
    <div class="stack">
      <Button look="quiet" onPress={() => ask("leave")}>
        {t("logout")}
      </Button>
      <Button look="quiet" onPress={() => ask("erase")}>
        {t("erase")}
      </Button>
      {asking === "leave" && (
        <Sheet title={t("logout")} onClose={() => ask("")}>
          <p>{t("logout_ask", { count: state.queue.length })}</p>
          <Button look="danger" large onPress={() => void app.leave()}>
            {t("logout_yes")}
          </Button>
        </Sheet>
      )}
      {asking === "erase" && <Erase onClose={() => ask("")} />}
    </div>
  );
}

function Erase({ onClose }: { onClose: () => void }) {
  const { app, t } = useApp();
  const [confirm, setConfirm] = useState("");
  const [trouble, setTrouble] = useState("");

  async function erase() {
    try {
      setTrouble(await app.erase(confirm.trim()));
    } catch {
      setTrouble(t(navigator.onLine ? "failed" : "needs_network"));
    }
  }

  return (
    <Sheet title={t("erase")} onClose={onClose}>
      <p>{t("erase_lead")}</p>
      <label for="erase">{t("erase_field")}</label>
      <input
        id="erase"
        value={confirm}
        autocomplete="off"
        onInput={(event) => setConfirm(event.currentTarget.value)}
      />
      <p class="trouble" role="alert">
        {trouble}
      </p>
      <Button look="danger" large busy={!confirm.trim()} onPress={() => void erase()}>
        {t("erase_yes")}
      </Button>
    </Sheet>
  );
}
