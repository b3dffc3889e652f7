/** Who fills the seats, who was asked and what they said, and who above was told. */

import { useState } from "preact/hooks";
import { clock } from "../../shared/times.ts";
import {
  Button,
  Clock,
  Refusal,
  useDesk,
  useName,
  useNow,
  useSkillName,
  useUnitName,
  Who,
} from "../parts.tsx";
import type { Problem } from "../session.ts";
import { type Engagement, isLive, type Offer, offers, type Task } from "../tasks.ts";
import { AddSeats } from "./seats.tsx";

export function People({ task }: { task: Task }) {
  return (
    <>
      <Seats task={task} />
      <Answers task={task} />
      <Ladder task={task} />
    </>
  );
}

function Seats({ task }: { task: Task }) {
  const { desk, state, t } = useDesk();
  const skill = useSkillName();
  const [problem, setProblem] = useState<Problem>();
  const may = isLive(task) && (state.me?.roles.includes("dispatcher") ?? false);
  const drop = async (seat: string) => {
    const params = { path: { task_id: task.id }, query: { crs: "WGS84" as const } };
    const done = await desk.change(task, () =>
      desk.api.POST("/api/v1/tasks/{task_id}/seats", { params, body: { add: [], drop: [seat] } }),
    );
    setProblem(done.problem?.status === 409 ? undefined : done.problem);
    if (done.data) desk.learn(done.data);
  };
  return (
    <section>
      <h3>{t("seats")}</h3>
      <ul class="seat-list">
        {task.seats.map((seat) => (
          <li key={seat.id} class={seat.engagement ? "seat" : "seat vacant"}>
            <span class="number" title={t("seat", { number: seat.number })}>
              {seat.number}
            </span>
            <div class="holder">
              {seat.engagement ? (
                <Holder engagement={seat.engagement} task={task} />
              ) : (
                <span>{t("seat_open")}</span>
              )}
              {seat.skills.length > 0 && <span class="quiet">{seat.skills.map(skill).join(" · ")}</span>}
            </div>
            {may && !seat.engagement && task.seats.length > 1 && (
              <Button
                small
                look="quiet"
                label={t("drop_seat_label", { number: seat.number })}
                onPress={() => void drop(seat.id)}
              >
                {t("drop_seat")}
              </Button>
            )}
          </li>
        ))}
      </ul>
      <Refusal problem={problem} />
      {may && <AddSeats task={task} />}
    </section>
  );
}

function Holder({ engagement, task }: { engagement: Engagement; task: Task }) {
  const { desk, state, t, language } = useDesk();
  const now = useNow();
  const name = useName();
  const [busy, setBusy] = useState(false);
  const { confirm_by } = engagement;
  const late = confirm_by !== null && engagement.state === "on_scene" && Date.parse(confirm_by) <= now;
  const since = engagement.on_scene_at ?? engagement.en_route_at ?? engagement.accepted_at;
  const may = state.me?.roles.includes("dispatcher") && engagement.state !== "on_scene";
  const noShow = async () => {
    setBusy(true);
    const params = { path: { engagement_id: engagement.id } };
    await desk.change(task, () =>
      desk.api.POST("/api/v1/engagements/{engagement_id}/no-show", { params, body: {} }),
    );
    setBusy(false);
    await desk.reading.taskNow(task.id);
    desk.touch("ledger");
  };
  return (
    <>
      <Who id={engagement.member_id} />
      <span class={`engaged ${engagement.state}`}>
        {t.of("engaged", engagement.state)}{" "}
        <span class="quiet">{t("since", { time: clock(since, language) })}</span>
      </span>
      {confirm_by && engagement.state === "on_scene" && (
        <span class={late ? "safety late" : "safety"}>
          {late ? t("confirm_late") : t("confirm_due", { time: clock(confirm_by, language) })}{" "}
          <Clock at={Date.parse(confirm_by)} up={late} />
        </span>
      )}
      {engagement.likely_no_show && <span class="safety late">{t("likely_no_show")}</span>}
      {may && (
        <Button
          small
          look={engagement.likely_no_show ? "danger" : "quiet"}
          busy={busy}
          label={t("no_show_label", { name: name(engagement.member_id).name })}
          onPress={() => void noShow()}
        >
          {t("no_show")}
        </Button>
      )}
    </>
  );
}

const ORDER = ["pending", "accepted", "declined", "expired", "superseded", "stood_down", "cancelled"];

function Answers({ task }: { task: Task }) {
  const { t } = useDesk();
  const asked = offers(task);
  const count = (state: string) => asked.filter((each) => each.state === state).length;
  const sorted = [...asked].sort(
    (a, b) =>
      ORDER.indexOf(a.state) - ORDER.indexOf(b.state) ||
      (a.travel_minutes ?? 999) - (b.travel_minutes ?? 999),
  );
  return (
    <section>
      <h3>{t("answers")}</h3>
      {asked.length === 0 ? (
        <p class="quiet">{t("nobody_asked")}</p>
      ) : (
        <p class="quiet">
          {t("answer_counts", {
            yes: count("accepted"),
            no: count("declined"),
            pending: count("pending"),
            silent: count("expired"),
          })}
        </p>
      )}
      <ul class="answers">
        {sorted.map((each) => (
          <Answer key={each.id} offer={each} />
        ))}
      </ul>
    </section>
  );
}

function Answer({ offer }: { offer: Offer }) {
  const { t, language } = useDesk();
  return (
    <li class={`answer ${offer.state}`}>
      <Who id={offer.member_id} />
      <span class="minutes">
        {offer.travel_minutes !== null && t("minutes", { count: offer.travel_minutes })}
      </span>
      <span class="said">
        {t.of("offer", offer.state)}{" "}
        {offer.state === "pending" ? (
          <Clock at={Date.parse(offer.expires_at)} up={false} />
        ) : (
          offer.answered_at && <span class="quiet">{clock(offer.answered_at, language)}</span>
        )}
      </span>
    </li>
  );
}

function Ladder({ task }: { task: Task }) {
  const { t, language } = useDesk();
  const unit = useUnitName();
  return (
    <section>
      <h3>{t("ladder")}</h3>
      {task.ladder.length === 0 && <p class="quiet">{t("ladder_none")}</p>}
      <ol class="ladder">
        {task.ladder.map((each) => (
          <li key={`${each.rung}${each.at}`}>
            <strong>{t.of("rung", each.rung)}</strong>{" "}
            <span class="quiet">
              {[each.area, each.units.map(unit).join(language === "zh" ? "、" : ", ")]
                .filter(Boolean)
                .join(" · ")}
            </span>
            <time class="quiet">{clock(each.at, language)}</time>
          </li>
        ))}
      </ol>
    </section>
  );
}
