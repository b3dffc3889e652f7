/** Becoming somebody: a one-time code, typed or brought by the link `#enrol=CODE` of its QR code. */

import { useState } from "preact/hooks";
import { Button, Heading, useApp } from "../parts.tsx";

const LINK = /^#enrol=([^&]+)$/;

/** The code of the link, which is taken out of the address: it should not stay in the history. */
function codeOfLink(): string {
  const found = LINK.exec(location.hash)?.[1];
  if (found) history.replaceState(null, "", location.pathname + location.search);
  return found ? decodeURIComponent(found) : "";
}

export function Enrol() {
  const { app, state, t } = useApp();
  const [code, setCode] = useState(codeOfLink);
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState("");
  const isRevoked = state.standing === "revoked";

  async function enrol() {
    if (busy) return;
    if (!code.trim()) return setTrouble(t("enrol_empty"));
    setBusy(true);
    try {
      setTrouble(await app.enrol(code.trim(), deviceName()));
    } catch (error) {
      if (!(error instanceof TypeError || error instanceof SyntaxError)) throw error;
      setTrouble(t(navigator.onLine ? "failed" : "enrol_offline"));
    }
    setBusy(false);
  }

  return (
    <main class="enrol">
      <Heading>{t(isRevoked ? "revoked_title" : "enrol_title")}</Heading>
      <p class="lead">{t(isRevoked ? "revoked_lead" : "enrol_lead")}</p>
      {isRevoked && state.queue.length > 0 && (
        <p class="note waiting">{t("revoked_kept", { count: state.queue.length })}</p>
      )}
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void enrol();
        }}
      >
        <label for="code">{t("enrol_code")}</label>
        <input
          id="code"
          class="code"
          name="code"
          value={code}
          onInput={(event) => setCode(event.currentTarget.value)}
          autocomplete="one-time-code"
          autocapitalize="characters"
          spellcheck={false}
          aria-describedby="trouble"
          aria-invalid={trouble ? "true" : undefined}
        />
        <p id="trouble" class="trouble" role="alert">
          {trouble}
        </p>
        <button type="submit" class="button main large" aria-disabled={busy ? "true" : undefined}>
          {t(busy ? "enrol_busy" : "enrol_button")}
        </button>
      </form>
      <p class="quiet">{t("enrol_privacy")}</p>
      {isRevoked && (
        <Button look="quiet" onPress={() => void app.leave()}>
          {t("logout")}
        </Button>
      )}
    </main>
  );
}

/** How the phone is called in the list of one's devices. */
function deviceName(): string {
  const kind = /iPhone|iPad|Android|Windows|Macintosh|Linux/.exec(navigator.userAgent)?.[0] ?? "";
  return `/m/ ${kind}`.trim();
}
