/** While an emergency lasts, in the colour of its level: which area, how long still, and the way to end it. */

import { useState } from "preact/hooks";
import { moment } from "../../shared/times.ts";
import { Button, Clock, Field, Modal, Refusal, useDesk, useNow } from "../parts.tsx";
import type { Problem } from "../session.ts";
import type { Activation } from "../state.ts";

const LEVELS = ["I", "II", "III", "IV"];

export function Banner() {
  const { state, t } = useDesk();
  const now = useNow(5_000);
  const running = state.activations
    .filter((each) => Date.parse(each.until) > now)
    .sort((a, b) => LEVELS.indexOf(a.level) - LEVELS.indexOf(b.level));
  return (
    <section class="banners" aria-label={t("mode")}>
      {running.map((each) => (
        <One key={each.id} activation={each} />
      ))}
    </section>
  );
}

function One({ activation }: { activation: Activation }) {
  const { desk, state, t, language } = useDesk();
  const [ending, setEnding] = useState(false);
  const { area, area_name, level, reason, until } = activation;
  const planned = activation.state === "planned";
  // The clock stands where the language has it.
  const [before, after] = t("banner_left", { time: "|" }).split("|");
  const own = state.me?.areas.some((each) => area.startsWith(each));
  const may = own && state.me?.roles.some((each) => each === "dispatcher" || each === "admin");
  return (
    <div class={`banner l${level}${planned ? " planned" : ""}`} role="status">
      <strong class="banner-title">{t("banner", { area: area_name, level })}</strong>
      <span class="banner-reason">{reason}</span>
      {planned && <span>{t("banner_planned", { time: moment(activation.from, language, desk.now()) })}</span>}
      <span class="banner-left">
        {t("banner_until", { time: moment(until, language, desk.now()) })} · {before}
        <Clock at={Date.parse(until)} up={false} />
        {after}
      </span>
      {may && (
        <Button small onPress={() => setEnding(true)}>
          {t("banner_end")}
        </Button>
      )}
      {ending && <End activation={activation} onClose={() => setEnding(false)} />}
    </div>
  );
}

function End({ activation, onClose }: { activation: Activation; onClose: () => void }) {
  const { desk, t } = useDesk();
  const [reason, setReason] = useState("");
  const [problem, setProblem] = useState<Problem>();
  const [busy, setBusy] = useState(false);
  const end = async () => {
    setBusy(true);
    const params = { path: { activation_id: activation.id } };
    const body = { reason: reason.trim() || null };
    const done = await desk.call(desk.api.POST("/api/v1/activations/{activation_id}/end", { params, body }));
    setBusy(false);
    setProblem(done.problem);
    if (!done.data) return;
    onClose();
    await desk.reading.activations();
  };
  return (
    <Modal title={t("end_title")} onClose={onClose}>
      <p>{t("end_lead", { area: activation.area_name, to: t("end_to") })}</p>
      <Field label={t("end_reason")} for="end-reason">
        <input id="end-reason" value={reason} onInput={(event) => setReason(event.currentTarget.value)} />
      </Field>
      <Refusal problem={problem} />
      <div class="buttons">
        <Button look="danger" busy={busy} onPress={() => void end()}>
          {t("end_confirm")}
        </Button>
        <Button look="quiet" onPress={onClose}>
          {t("cancel")}
        </Button>
      </div>
    </Modal>
  );
}
