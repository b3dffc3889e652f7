/** Every offer so far and what became of it. One that has expired can still be accepted: a yes counts. */

import { HOUR, moment } from "../../shared/times.ts";
import { Button, Heading, NotSent, useApp } from "../parts.tsx";

/** How long after its time an offer is still worth a yes. */
const STILL = 2 * HOUR;

export function History() {
  const { app, state, view, t, now } = useApp();
  return (
    <>
      <Heading>{t("history")}</Heading>
      {view.history.length === 0 && <p class="empty">{t("history_none")}</p>}
      <ul class="history">
        {view.history.map((each) => (
          <li key={each.offer.id} class="card">
            <p class="quiet">{moment(each.offer.created_at, state.language, now)}</p>
            <h2>
              {each.offer.task?.title ?? each.offer.category_name}
              {each.offer.drill && <span class="tag">{t("drill")}</span>}
            </h2>
            <p>{`${each.offer.category_name} · ${each.offer.rough_place}`}</p>
            <p>
              <strong>{t.of("state", each.state)}</strong> {each.waits && <NotSent />}
            </p>
            {each.state === "expired" && now - Date.parse(each.offer.expires_at) < STILL && (
              <>
                <p class="quiet">{t("offer_late")}</p>
                <Button onPress={() => void app.act({ do: "accept", offer: each.offer.id })}>
                  {t("accept")}
                </Button>
              </>
            )}
          </li>
        ))}
      </ul>
    </>
  );
}
