/** From the yes to the end: where, what, with whom, and the next step as one large button. */

import { useState } from "preact/hooks";
import { moment } from "../../shared/times.ts";
import type { Step } from "../actions.ts";
import { WhileEngaged } from "../location.tsx";
import { mapLinks } from "../maps.ts";
import { Button, Heading, NotSent, Prose, Section, Sheet, useApp } from "../parts.tsx";
import type { Key } from "../texts.ts";
import type { Engaged as IsEngaged, Task } from "../view.ts";
import { Reasons } from "./reasons.tsx";
import { Safety } from "./safety.tsx";

const STATES = ["accepted", "en_route", "on_scene"] as const;
const NEXT: Record<string, Step> = { accepted: "en-route", en_route: "on-scene", on_scene: "release" };
const NAMES: Record<Step, Key> = {
  "en-route": "step_en_route",
  "on-scene": "step_on_scene",
  release: "step_release",
  withdraw: "step_withdraw",
};

export function Engaged({ engaged }: { engaged: IsEngaged }) {
  const { t } = useApp();
  const { offer, state } = engaged;
  const { task } = offer;
  const isThere = state === "on_scene";
  return (
    <>
      {offer.drill && <p class="drill">{`${t("drill")} · ${t("drill_lead")}`}</p>}
      <Heading>
        <span class="kicker">{offer.category_name}</span>
        {task?.title ?? offer.rough_place}
      </Heading>
      <Steps engaged={engaged} />
      {isThere && <Safety engaged={engaged} />}
      {task ? <Where engaged={engaged} /> : <p class="note">{t("engaged_soon")}</p>}
      <WhileEngaged />
      {!isThere && <Safety engaged={engaged} />}
      {task && <What task={task} />}
      <Withdraw offer={offer.id} isThere={isThere} />
    </>
  );
}

function Steps({ engaged }: { engaged: IsEngaged }) {
  const { app, t } = useApp();
  const [isAsking, setAsking] = useState(false);
  const { state, waits, offer } = engaged;
  const next = NEXT[state] as Step;
  const go = () => void app.act({ do: "step", offer: offer.id, step: next, reason: null });
  return (
    <section class="steps" aria-label={t("progress")}>
      <ol>
        {STATES.map((each) => (
          <li
            key={each}
            class={STATES.indexOf(each) <= STATES.indexOf(state as (typeof STATES)[number]) ? "past" : ""}
            aria-current={each === state ? "step" : undefined}
          >
            {t.of("state", each)}
          </li>
        ))}
      </ol>
      {waits && (
        <p>
          <NotSent />
        </p>
      )}
      <Button look="main" large onPress={next === "release" ? () => setAsking(true) : go}>
        {t(NAMES[next])}
      </Button>
      {isAsking && (
        <Sheet title={t("release_ask")} onClose={() => setAsking(false)}>
          <Button look="main" large onPress={go}>
            {t("release_yes")}
          </Button>
        </Sheet>
      )}
    </section>
  );
}

/** What may change while one is on the way: messages and the place. */
function Where({ engaged }: { engaged: IsEngaged }) {
  const { state, t, now } = useApp();
  const { offer } = engaged;
  const { task } = offer;
  if (!task) return null;
  const place = state.said.place?.offer === offer.id ? state.said.place.at : { WGS84: task.location };
  return (
    <>
      <Messages />
      <Section title={t("place")}>
        <p class="where">{offer.rough_place}</p>
        {task.needed_by && (
          <p>
            {t("needed_by")} <strong>{moment(task.needed_by, state.language, now)}</strong>
          </p>
        )}
        <p class="quiet">{t("open_map")}</p>
        <ul class="maps">
          {mapLinks(place, task.title).map((each) => (
            <li key={each.name}>
              <a class="button plain" href={each.href} target="_blank" rel="noopener noreferrer">
                {t(`map_${each.name}`)}
              </a>
            </li>
          ))}
        </ul>
      </Section>
    </>
  );
}

/** What is to be done, and whom to ask. */
function What({ task }: { task: Task }) {
  const { t } = useApp();
  return (
    <>
      {task.instructions && (
        <Section title={t("instructions")}>
          <Prose text={task.instructions} />
        </Section>
      )}
      <Section title={t("guidance")}>
        <Prose text={task.guidance} />
      </Section>
      <Section title={t("dispatcher")}>
        <p>{task.dispatcher.name}</p>
        {task.dispatcher.contact && <Contact contact={task.dispatcher.contact} />}
      </Section>
    </>
  );
}

/** A telephone number can be called; any other channel is read. */
function Contact({ contact }: { contact: string }) {
  const { t } = useApp();
  const number = contact.replace(/[\s()-]/g, "");
  if (!/^\+?\d{3,15}$/.test(number)) return <p>{contact}</p>;
  return (
    <a class="button plain" href={`tel:${number}`}>
      {t("call", { number: contact })}
    </a>
  );
}

function Messages() {
  const { state, t, now } = useApp();
  const { messages } = state.said;
  if (messages.length === 0) return null;
  return (
    <Section title={t("messages")} tone="messages">
      <ul aria-live="polite">
        {messages.map((each) => (
          <li key={each.id}>
            <p class="quiet">{`${each.from} · ${moment(each.at, state.language, now)}`}</p>
            <Prose text={each.text} />
          </li>
        ))}
      </ul>
    </Section>
  );
}

function Withdraw({ offer, isThere }: { offer: string; isThere: boolean }) {
  const { app, t } = useApp();
  const [isAsking, setAsking] = useState(false);
  return (
    <>
      <Button look="quiet" onPress={() => setAsking(true)}>
        {t(isThere ? "step_withdraw_scene" : "step_withdraw")}
      </Button>
      {isAsking && (
        <Reasons
          title={t("withdraw_title")}
          lead={t("withdraw_lead")}
          send={t("withdraw_send")}
          onSend={(reason) => void app.act({ do: "step", offer, step: "withdraw", reason })}
          onClose={() => setAsking(false)}
        />
      )}
    </>
  );
}
