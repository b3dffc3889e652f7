/** What the member wants to be spared. Saved through the outbox, so also without a network. */

import { useState } from "preact/hooks";
import { Section, useApp } from "../parts.tsx";
import type { View } from "../view.ts";

export function Limits() {
  const { view, t } = useApp();
  return (
    <Section title={t("limits")}>
      {view.limits ? <Form limits={view.limits} /> : <p class="quiet">{t("needs_network")}</p>}
    </Section>
  );
}

function Form({ limits }: { limits: NonNullable<View["limits"]> }) {
  const { app, state, t } = useApp();
  const [hours, setHours] = useState(limits.weekly_hours?.toString() ?? "");
  const [from, setFrom] = useState(limits.quiet?.from ?? "");
  const [to, setTo] = useState(limits.quiet?.to ?? "");
  const [unwanted, setUnwanted] = useState(limits.unwanted ?? []);
  const [said, setSaid] = useState("");
  const city = state.said.limits?.in_force;

  async function save() {
    if (!from !== !to) return setSaid(t("limits_bad"));
    await app.act({
      do: "limits",
      limits: {
        weekly_hours: hours === "" ? null : Number(hours),
        quiet: from ? { from, to } : null,
        unwanted,
      },
    });
    setSaid(t("limits_saved"));
  }

  const quiet = city?.quiet ? `${city.quiet.from}–${city.quiet.to}` : t("limits_none");
  return (
    <form
      onInput={() => setSaid("")}
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <label for="hours">{t("limits_hours")}</label>
      <input
        id="hours"
        type="number"
        inputMode="decimal"
        min="0"
        max="168"
        step="0.5"
        value={hours}
        aria-describedby="hours-now"
        onInput={(event) => setHours(event.currentTarget.value)}
      />
      <p id="hours-now" class="quiet">
        {t("limits_hours_now", { hours: city?.weekly_hours ?? "" })}
      </p>
      <fieldset class="quiet-hours" aria-describedby="quiet-now">
        <legend>{t("limits_quiet")}</legend>
        <label for="from">{t("limits_from")}</label>
        <input id="from" type="time" value={from} onInput={(event) => setFrom(event.currentTarget.value)} />
        <label for="to">{t("limits_to")}</label>
        <input id="to" type="time" value={to} onInput={(event) => setTo(event.currentTarget.value)} />
      </fieldset>
      <p id="quiet-now" class="quiet">
        {t("limits_quiet_now", { hours: quiet })}
      </p>
      <details>
        <summary>{t("limits_unwanted")}</summary>
        <fieldset class="unwanted">
          <legend class="unseen">{t("limits_unwanted")}</legend>
          {state.said.categories.map((each) => (
            <label key={each.category} class="check">
              <input
                type="checkbox"
                checked={unwanted.includes(each.category)}
                onChange={(event) => {
                  const others = unwanted.filter((one) => one !== each.category);
                  setUnwanted(event.currentTarget.checked ? [...others, each.category] : others);
                }}
              />
              <span>{each.name}</span>
            </label>
          ))}
        </fieldset>
      </details>
      <button type="submit" class="button plain">
        {t("save")}
      </button>
      <p role="status">{said}</p>
    </form>
  );
}
