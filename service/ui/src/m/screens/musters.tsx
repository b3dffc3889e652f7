/** Musters: a drill that asks who would come, answered with one press. */

import { moment } from "../../shared/times.ts";
import { Button, NotSent, Section, useApp } from "../parts.tsx";

export function Musters() {
  const { app, state, view, t, now } = useApp();
  return (
    <>
      {view.musters.map(({ muster, answer, waits }) => (
        <Section
          key={muster.id}
          tone="muster"
          title={
            <>
              <span class="drill">{t("drill")}</span> {t("muster")}
              {t("colon")}
              {muster.title}
            </>
          }
        >
          <p>
            {t("muster_lead", { area: muster.area_name, time: moment(muster.until, state.language, now) })}
          </p>
          <p class="quiet">{t("drill_lead")}</p>
          {answer ? (
            <p role="status">
              <strong>{t(answer === "here" ? "muster_was_here" : "muster_was_cannot")}</strong>{" "}
              {waits && <NotSent />}
            </p>
          ) : (
            <div class="pair">
              {(["here", "cannot"] as const).map((each) => (
                <Button
                  key={each}
                  look={each === "here" ? "main" : "plain"}
                  onPress={() => void app.act({ do: "muster", muster: muster.id, answer: each })}
                >
                  {t(`muster_${each}`)}
                </Button>
              ))}
            </div>
          )}
        </Section>
      ))}
    </>
  );
}
