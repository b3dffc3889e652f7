/** Starting a drill. */

import { useEffect, useRef, useState } from "preact/hooks";
import type { PageProps } from "../page.ts";
import { Finder, type Found } from "../reports/place.tsx";
import { uuid } from "../uuid.ts";
import { type Drill, readScenarios, type Scenario, type Start, startDrill } from "./api.ts";
import type { Words } from "./words.ts";

const KINDS = ["muster", "exercise"] as const;

export function StartForm({
  props,
  t,
  onStarted,
}: {
  props: PageProps;
  t: Words;
  onStarted(drill: Drill): void;
}) {
  const { api, language } = props;
  const [kind, setKind] = useState<Start["kind"]>("muster");
  const [area, setArea] = useState<Found | null>(null);
  const [title, setTitle] = useState("");
  const [minutes, setMinutes] = useState({ muster: 15, exercise: 60 });
  const [offDuty, setOffDuty] = useState(false);
  const [scenarios, setScenarios] = useState<Scenario[]>([]);
  const [scenario, setScenario] = useState("typhoon");
  const [said, setSaid] = useState("");
  const [busy, setBusy] = useState(false);
  const key = useRef(uuid());
  const seed = useRef(Math.floor(Math.random() * 2 ** 31));

  useEffect(() => {
    readScenarios(api).then(setScenarios, () => {});
  }, [api]);

  const chosen = scenarios.find((each) => each.code === scenario);
  const nameOf = (each: Scenario) => (language === "zh" ? each.name : each.name_en);
  const usual = [area?.name, kind === "exercise" && chosen && nameOf(chosen), t(kind)]
    .filter(Boolean)
    .join(language === "zh" ? "" : " ");

  const send = async (event: Event) => {
    event.preventDefault();
    if (busy) return;
    if (!area) return setSaid(t("need_area"));
    setBusy(true);
    setSaid("");
    try {
      const started: Start = {
        kind,
        area: area.code,
        title: title.trim() || usual,
        minutes: minutes[kind],
        offDuty,
        scenario,
        seed: seed.current,
      };
      const drill = await startDrill(api, started, key.current);
      key.current = uuid();
      seed.current = Math.floor(Math.random() * 2 ** 31);
      setTitle("");
      onStarted(drill);
    } catch (error) {
      // Without an answer it may have begun: the same key again, and it begins once.
      if (!(error instanceof TypeError)) key.current = uuid();
      setSaid(t("failed", { why: error instanceof Error ? error.message : String(error) }));
    } finally {
      setBusy(false);
    }
  };

  return (
    <form class="drl-card drl-start" aria-labelledby="drl-start" onSubmit={send}>
      <h3 id="drl-start">{t("start")}</h3>
      <fieldset class="rep-choice">
        <legend>{t("kind")}</legend>
        {KINDS.map((each) => (
          <label key={each}>
            <input type="radio" name="drill-kind" checked={kind === each} onChange={() => setKind(each)} />
            <span>{t(each)}</span>
          </label>
        ))}
      </fieldset>
      <p class="quiet">{t(`${kind}_lead`)}</p>
      <Finder
        label={t("area")}
        hint={t("area_hint")}
        kind="area"
        asking={props}
        language={language}
        found={area}
        required
        onFound={setArea}
      />
      {kind === "exercise" && (
        <label class="rep-field">
          <span>{t("scenario")}</span>
          <select value={scenario} onChange={(event) => setScenario(event.currentTarget.value)}>
            {scenarios.map((each) => (
              <option key={each.code} value={each.code}>
                {t("scenario_per_hour", { name: nameOf(each), count: each.tasks_per_hour })}
              </option>
            ))}
          </select>
        </label>
      )}
      <label class="rep-field">
        <span>{t("name")}</span>
        <input
          value={title}
          maxLength={120}
          placeholder={usual}
          onInput={(event) => setTitle(event.currentTarget.value)}
        />
      </label>
      <label class="rep-field">
        <span>{t("minutes")}</span>
        <input
          type="number"
          min={1}
          max={1440}
          required
          value={minutes[kind]}
          onInput={(event) => setMinutes({ ...minutes, [kind]: Number(event.currentTarget.value) })}
        />
      </label>
      {kind === "muster" && (
        <label class="drl-check">
          <input
            type="checkbox"
            checked={offDuty}
            onChange={(event) => setOffDuty(event.currentTarget.checked)}
          />
          {t("off_duty")}
        </label>
      )}
      {said && (
        <p class="refusal" role="alert">
          {said}
        </p>
      )}
      <button type="submit" class="button drl-main" aria-disabled={busy ? "true" : undefined}>
        {busy ? t("starting") : t(`start_${kind}`)}
      </button>
    </form>
  );
}
