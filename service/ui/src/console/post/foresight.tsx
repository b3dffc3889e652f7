/** What posting the task would do: where it falls, by which rules, who would be asked and why, and perhaps twice. */

import { useEffect, useRef } from "preact/hooks";
import { moment } from "../../shared/times.ts";
import { Button, Refusal, useDesk, useUnitName } from "../parts.tsx";
import type { Problem } from "../session.ts";
import type { Draft } from "../state.ts";
import { WaveParts } from "../task/waves.tsx";
import type { Foreseen } from "./pane.tsx";

export function Foresight(given: {
  foreseen: Foreseen;
  draft: Draft;
  problem: Problem | undefined;
  busy: boolean;
  onPost: () => void;
  onBack: () => void;
}) {
  const { foreseen, draft, problem, busy, onPost, onBack } = given;
  const { t, language } = useDesk();
  const unit = useUnitName();
  const buttons = useRef<HTMLDivElement>(null);
  useEffect(() => buttons.current?.querySelector("button")?.focus(), []);
  const { wave, similar } = foreseen;
  const mode = foreseen.level
    ? t("post_mode_emergency_level", { level: foreseen.level })
    : t(foreseen.mode === "emergency" ? "post_mode_emergency" : "post_mode_normal");
  return (
    <div class="foresight">
      <p class="foresight-title">
        <span class={`tag ${draft.urgency}`}>{t(`urgency_${draft.urgency}`)}</span>{" "}
        <strong>{draft.title}</strong>
      </p>
      <Similar similar={similar} />
      <dl class="foresight-facts">
        <div>
          <dt>{t("post_grid")}</dt>
          <dd>
            {foreseen.grid.name}{" "}
            {foreseen.snapped_m > 0 && t("post_snapped", { metres: Math.round(foreseen.snapped_m) })}
          </dd>
        </div>
        <div>
          <dt>{t("post_units")}</dt>
          <dd>{foreseen.responsible_units.map(unit).join(language === "zh" ? "、" : ", ")}</dd>
        </div>
        <div>
          <dt>{t("post_mode")}</dt>
          <dd>{mode}</dd>
        </div>
      </dl>
      <Refusal problem={problem} />
      <div class="buttons" ref={buttons}>
        <Button look="main" busy={busy} onPress={onPost}>
          {t(busy ? "post_posting" : similar.length > 0 ? "post_anyway" : "post_now")}
        </Button>
        <Button onPress={onBack}>{t("post_back")}</Button>
      </div>
      {wave ? (
        <section>
          <h3>{t("post_asked", { count: wave.chosen.length })}</h3>
          <p class="prose">{wave.text}</p>
          <WaveParts wave={wave} stateOf={() => undefined} />
        </section>
      ) : (
        <p class="quiet">{t("post_nobody")}</p>
      )}
    </div>
  );
}

function Similar({ similar }: { similar: Foreseen["similar"] }) {
  const { desk, t, language } = useDesk();
  if (similar.length === 0) return null;
  return (
    <section class="similar" role="alert">
      <h3>{t("post_similar")}</h3>
      <p>{t("post_similar_lead")}</p>
      <ul>
        {similar.map((each) => (
          <li key={each.id}>
            <span>
              <strong>{each.title}</strong>{" "}
              <span class="quiet">
                {t("post_similar_one", {
                  metres: Math.round(each.metres),
                  time: moment(each.created_at, language, desk.now()),
                  state: t.of("state", each.state),
                })}
              </span>
            </span>
            <Button small onPress={() => desk.select(each.id)}>
              {t("open_task")}
            </Button>
          </li>
        ))}
      </ul>
    </section>
  );
}
