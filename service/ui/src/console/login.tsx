/** Logging in: at the door, and again over the page when the session has ended. */

import { useEffect, useId, useRef, useState } from "preact/hooks";
import { Button, Field, Modal, Refusal, useDesk } from "./parts.tsx";
import type { Problem } from "./session.ts";

export function LogIn() {
  const { desk, t, language } = useDesk();
  return (
    <main class="door">
      <div class="door-card">
        <h1>{t("app")}</h1>
        <p class="quiet">{t("log_in_lead")}</p>
        <Form />
        <Button look="quiet" onPress={() => desk.prefer({ language: language === "zh" ? "en" : "zh" })}>
          {t("language")}
        </Button>
      </div>
    </main>
  );
}

/** Over the page: what is under it stays as it is. */
export function LogInAgain() {
  const { desk, state, t } = useDesk();
  return (
    <Modal title={t("again_title")} onClose={() => undefined} fixed>
      <p>{t("again_lead")}</p>
      <Form username={state.me?.username} />
      <Button look="quiet" onPress={() => void desk.logOut()}>
        {t("other_person")}
      </Button>
    </Modal>
  );
}

function Form({ username }: { username?: string | undefined }) {
  const { desk, t } = useDesk();
  const [problem, setProblem] = useState<Problem>();
  const [busy, setBusy] = useState(false);
  const name = useRef<HTMLInputElement>(null);
  const password = useRef<HTMLInputElement>(null);
  const id = useId();
  useEffect(() => (username ? password : name).current?.focus(), []);
  const send = async (event: SubmitEvent) => {
    event.preventDefault();
    if (busy || !name.current || !password.current) return;
    setBusy(true);
    const refused = await desk.logIn(name.current.value.trim(), password.current.value);
    setBusy(false);
    setProblem(refused);
    if (refused) password.current?.select();
  };
  return (
    <form onSubmit={send}>
      <Field label={t("username")} for={`${id}-name`}>
        <input
          id={`${id}-name`}
          ref={name}
          defaultValue={username}
          readOnly={username !== undefined}
          autocomplete="username"
          autocapitalize="none"
          spellcheck={false}
          required
        />
      </Field>
      <Field label={t("password")} for={`${id}-password`}>
        <input
          id={`${id}-password`}
          ref={password}
          type="password"
          autocomplete="current-password"
          required
        />
      </Field>
      <Refusal problem={problem} />
      <Button type="submit" look="main" busy={busy}>
        {t(busy ? "logging_in" : "log_in")}
      </Button>
    </form>
  );
}
