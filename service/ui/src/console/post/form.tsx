/** The form of a new task: all of it by the keyboard, the place also by pointing at the map. */

import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { Button, Field, useDesk } from "../parts.tsx";
import { type Draft, emptyDraft } from "../state.ts";
import { URGENCIES } from "../tasks.ts";
import { PlaceField } from "./place.tsx";
import { SeatGroups } from "./seats.tsx";

export function Form(given: { onPreview: () => void; onPost: () => void; busy: boolean; ready: boolean }) {
  const { desk, state, t, language } = useDesk();
  const { draft } = state;
  const [missing, setMissing] = useState("");
  const title = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => title.current?.focus(), []);
  const set = (change: Partial<Draft>) => {
    // What was typed differs from what an earlier try sent: it is another task to the service.
    desk.set({ draft: { ...desk.state.draft, ...change, key: emptyDraft().key } });
  };
  const needed = () =>
    [
      !draft.title.trim() && t("post_what"),
      !draft.place && t("post_place"),
      !draft.category && t("post_category"),
    ]
      .filter(Boolean)
      .join(language === "zh" ? "、" : ", ");
  const go = (act: () => void) => {
    const fields = needed();
    setMissing(fields);
    if (!fields) return act();
    document.getElementById(draft.title.trim() ? "post-place" : "post-title")?.focus();
  };
  return (
    <form
      class="post-form"
      onSubmit={(event) => {
        event.preventDefault();
        go(given.onPreview);
      }}
    >
      <Field label={t("post_what")} for="post-title">
        <input
          id="post-title"
          ref={title}
          value={draft.title}
          placeholder={t("post_what_hint")}
          maxLength={200}
          autocomplete="off"
          onInput={(event) => set({ title: event.currentTarget.value })}
        />
      </Field>
      <fieldset class="urgencies">
        <legend>{t("post_urgency")}</legend>
        {URGENCIES.map((each) => (
          <label key={each} class={`chip ${each}`}>
            <input
              type="radio"
              name="urgency"
              checked={draft.urgency === each}
              onChange={() => set({ urgency: each })}
            />
            <span>{t(`urgency_${each}`)}</span>
          </label>
        ))}
      </fieldset>
      <Field label={t("post_category")} for="post-category">
        <select
          id="post-category"
          value={draft.category}
          onChange={(event) => set({ category: event.currentTarget.value })}
        >
          {state.playbooks.map((each) => (
            <option key={each.category} value={each.category}>
              {language === "zh" ? each.name_zh : each.name_en}
            </option>
          ))}
        </select>
      </Field>
      <PlaceField />
      <SeatGroups seats={draft.seats} onChange={(seats) => set({ seats })} />
      <details class="more">
        <summary>{t("post_more")}</summary>
        <Field label={t("post_by")} for="post-by">
          <input
            id="post-by"
            type="datetime-local"
            value={draft.needed_by}
            onInput={(event) => set({ needed_by: event.currentTarget.value })}
          />
        </Field>
        <Field label={t("post_instructions")} for="post-instructions">
          <textarea
            id="post-instructions"
            rows={3}
            value={draft.instructions}
            onInput={(event) => set({ instructions: event.currentTarget.value })}
          />
        </Field>
        <label class="check">
          <input
            type="checkbox"
            checked={draft.residents_only}
            onChange={(event) => set({ residents_only: event.currentTarget.checked })}
          />
          {t("post_residents")}
        </label>
        <label class="check">
          <input
            type="checkbox"
            checked={draft.drill}
            onChange={(event) => set({ drill: event.currentTarget.checked })}
          />
          {t("post_drill")}
        </label>
      </details>
      <p role="alert" class="missing">
        {missing && t("post_needs", { fields: missing })}
      </p>
      <div class="buttons">
        <Button type="submit" look="main" busy={given.busy}>
          {t(given.busy ? "post_previewing" : "post_preview")}
        </Button>
        <Button busy={given.busy} onPress={() => go(given.onPost)}>
          {t("post_now")}
        </Button>
      </div>
    </form>
  );
}
