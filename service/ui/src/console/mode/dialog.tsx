/** 平急调度: an area is put into emergency, after a look at what that changes. */

import { useState } from "preact/hooks";
import type { Schemas } from "../../shared/client.ts";
import { HOUR } from "../../shared/times.ts";
import { Button, Field, Modal, Refusal, useDesk } from "../parts.tsx";
import { PlaceSearch } from "../post/search.tsx";
import type { Problem } from "../session.ts";
import { forInput, fromInput } from "../times.ts";

type Effects = Schemas["EffectsOut"];
type Level = "I" | "II" | "III" | "IV";
const LEVELS: readonly Level[] = ["I", "II", "III", "IV"];
const HOURS = [3, 6, 12, 24];

export function ModeDialog() {
  const { desk, t } = useDesk();
  const [area, setArea] = useState<{ code: string; name: string }>();
  const [level, setLevel] = useState<Level>("III");
  const [reason, setReason] = useState("");
  const [until, setUntil] = useState(forInput(desk.now() + 6 * HOUR));
  const [effects, setEffects] = useState<Effects>();
  const [problem, setProblem] = useState<Problem>();
  const [busy, setBusy] = useState(false);
  const close = () => desk.set({ dialog: null });
  const body = area &&
    reason.trim() && { area: area.code, level, reason: reason.trim(), until: fromInput(until) ?? "" };
  const changed =
    <Value,>(set: (value: Value) => void) =>
    (value: Value) => {
      set(value);
      setEffects(undefined);
    };
  const preview = async () => {
    if (!body || busy) return;
    setBusy(true);
    const done = await desk.call(desk.api.POST("/api/v1/activations/preview", { body }));
    setBusy(false);
    setProblem(done.problem);
    setEffects(done.data);
    setTimeout(() => document.getElementById("mode-confirm")?.scrollIntoView({ block: "nearest" }), 80);
  };
  const activate = async () => {
    if (!body || busy) return;
    setBusy(true);
    const done = await desk.call(desk.api.POST("/api/v1/activations", { body }));
    setBusy(false);
    setProblem(done.problem);
    if (!done.data) return;
    close();
    await desk.reading.activations();
  };
  return (
    <Modal title={t("mode_title")} onClose={close} wide>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void (effects ? activate() : preview());
        }}
      >
        <div class="field">
          <label for="mode-area">{t("mode_area")}</label>
          {area ? (
            <div class="placed">
              <p>
                <strong>{area.name}</strong> <span class="quiet">{area.code}</span>
              </p>
              <Button small onPress={() => changed(setArea)(undefined)}>
                {t("post_place_change")}
              </Button>
            </div>
          ) : (
            <PlaceSearch
              id="mode-area"
              areas
              hint={t("mode_area_hint")}
              onPick={(hit) => {
                changed(setArea)({ code: hit.code, name: hit.full_name });
                setTimeout(() => document.getElementById("mode-reason")?.focus(), 80);
              }}
            />
          )}
        </div>
        <fieldset class="levels">
          <legend>{t("mode_level")}</legend>
          {LEVELS.map((each) => (
            <label key={each} class={`chip l${each}`}>
              <input
                type="radio"
                name="level"
                checked={level === each}
                onChange={() => changed(setLevel)(each)}
              />
              <span>{each}</span>
            </label>
          ))}
        </fieldset>
        <Field label={t("mode_reason")} for="mode-reason">
          <input
            id="mode-reason"
            required
            value={reason}
            onInput={(event) => changed(setReason)(event.currentTarget.value)}
          />
        </Field>
        <Field label={t("mode_until")} for="mode-until">
          <div class="inline">
            <input
              id="mode-until"
              type="datetime-local"
              required
              value={until}
              onInput={(event) => changed(setUntil)(event.currentTarget.value)}
            />
            {HOURS.map((hours) => (
              <Button
                key={hours}
                small
                onPress={() => changed(setUntil)(forInput(desk.now() + hours * HOUR))}
              >
                {t("mode_hours", { hours })}
              </Button>
            ))}
          </div>
        </Field>
        {effects && <EffectsPart effects={effects} />}
        <Refusal problem={problem} />
        <div class="buttons" id="mode-confirm">
          {effects ? (
            <Button type="submit" look="danger" busy={busy}>
              {t("mode_confirm", { level })}
            </Button>
          ) : (
            <Button type="submit" look="main" busy={busy || !body}>
              {t("mode_preview")}
            </Button>
          )}
          <Button look="quiet" onPress={close}>
            {t("cancel")}
          </Button>
        </div>
      </form>
    </Modal>
  );
}

function EffectsPart({ effects }: { effects: Effects }) {
  const { t } = useDesk();
  const level = (each: string | null) =>
    each ? t("mode_level_word", { level: each }) : t("mode_normal_word");
  const people = effects.people.reduce((sum, each) => sum + each.count, 0);
  const { standby } = effects;
  return (
    <section class="effects" role="status">
      <h3>{t("mode_effects")}</h3>
      <ul>
        <li>
          {t("effect_level_label")}：
          <strong>
            {t("effect_level", { from: level(effects.level_from), to: level(effects.level_to) })}
          </strong>
        </li>
        <li>{t("effect_tasks", { count: effects.tasks.length })}</li>
        {people > 0 && <li>{t("effect_people", { count: people })}</li>}
        <li>
          {t("effect_standby", { count: standby.count })}
          {standby.counties.length > 0 && (
            <span class="quiet">
              {" "}
              {standby.counties.map((each) => `${each.name} ${each.count}`).join(" · ")}
            </span>
          )}
        </li>
        <li>{t("effect_parameters", { count: effects.parameters.length })}</li>
      </ul>
    </section>
  );
}
