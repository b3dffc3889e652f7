/** An offer fills the screen until it is answered, or its time is up. */

import { useState } from "preact/hooks";
import { countdown } from "../../shared/times.ts";
import { Button, Heading, useApp } from "../parts.tsx";
import type { Key } from "../texts.ts";
import type { Offer } from "../view.ts";
import { Reasons } from "./reasons.tsx";

export function OfferScreen({ offer }: { offer: Offer }) {
  const { app, t, now } = useApp();
  const [isDeclining, setDeclining] = useState(false);
  const left = Date.parse(offer.expires_at) - now;
  const whole = Date.parse(offer.expires_at) - Date.parse(offer.created_at);

  return (
    <main class="offer">
      {offer.drill && <p class="drill">{`${t("drill")} · ${t("drill_lead")}`}</p>}
      <p class={`urgency ${offer.urgency}`}>{t(`urgency_${offer.urgency}` as Key)}</p>
      <Heading>
        <span class="kicker">{t("offer_title")}</span>
        {offer.category_name}
      </Heading>
      <dl class="facts">
        <div>
          <dt>{t("offer_place")}</dt>
          <dd>{offer.rough_place}</dd>
        </div>
        <div>
          <dt>{t("offer_travel")}</dt>
          <dd>
            {offer.travel_minutes === null
              ? t("travel_unknown")
              : t("minutes", { count: offer.travel_minutes })}
          </dd>
        </div>
      </dl>
      <div class="left">
        <p>{t("offer_left")}</p>
        <p class="time" role="timer">
          {countdown(left)}
        </p>
        <progress value={Math.max(0, left)} max={whole} aria-label={t("offer_left")} />
      </div>
      <div class="answer">
        <Button look="main" large onPress={() => void app.act({ do: "accept", offer: offer.id })}>
          {t("accept")}
        </Button>
        <Button large onPress={() => setDeclining(true)}>
          {t("decline")}
        </Button>
      </div>
      <p class="quiet">{t("privacy_offer")}</p>
      {isDeclining && (
        <Reasons
          title={t("decline_title")}
          lead={t("decline_lead")}
          send={t("decline_send")}
          onSend={(reason) => void app.act({ do: "decline", offer: offer.id, reason })}
          onClose={() => setDeclining(false)}
        />
      )}
    </main>
  );
}
