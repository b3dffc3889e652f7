/** The ledger: each wave with its reach, whom it asked, what they said, and why not the others. */

import { useEffect, useState } from "preact/hooks";
import type { Schemas } from "../../shared/client.ts";
import { clock } from "../../shared/times.ts";
import { useDesk, Who } from "../parts.tsx";
import { offers, type Task } from "../tasks.ts";

export type Ledger = Schemas["LedgerOut"];

export function Waves({ task }: { task: Task }) {
  const { desk, state, t, language } = useDesk();
  const [found, keep] = useState<Ledger[]>();
  const { ledger } = state.touched;
  useEffect(() => {
    let wanted = true;
    const params = { path: { task_id: task.id } };
    void desk.call(desk.api.GET("/api/v1/tasks/{task_id}/waves", { params })).then(({ data }) => {
      if (wanted && data) keep([...data.items].reverse());
    });
    return () => {
      wanted = false;
    };
  }, [task.id, task.waves.length, ledger, language]);
  if (!found) return <p class="quiet">{t("wave_loading")}</p>;
  if (found.length === 0) return <p class="empty">{t("wave_none")}</p>;
  return (
    <ol class="waves">
      {found.map((each, index) => (
        <li key={each.number}>
          <Wave wave={each} task={task} open={index === 0} />
        </li>
      ))}
    </ol>
  );
}

function Wave({ wave, task, open }: { wave: Ledger; task: Task; open: boolean }) {
  const { t, language } = useDesk();
  const until = task.waves.find((each) => each.number === wave.number)?.offers_until;
  const said = new Map(offers(task).map((each) => [`${each.member_id}${each.seat_id}`, each.state]));
  return (
    <details class="wave" open={open}>
      <summary>
        <strong>{t("wave", { number: wave.number })}</strong> <span>{wave.trigger_text}</span>
        <span class="quiet">{clock(wave.created_at, language)}</span>
      </summary>
      <p class="facts">
        {wave.searched_minutes > 0 && <span class="tag">{t("wave_reach", { minutes: wave.reach })}</span>}
        <span class="tag">{t("wave_chosen", { count: wave.chosen.length })}</span>
        {wave.probability > 0 && (
          <span class={wave.shortfall ? "tag short" : "tag"}>
            {t("wave_chance", { percent: Math.floor(wave.probability * 100) })}
          </span>
        )}
        {until && <span class="tag">{t("wave_until", { time: clock(until, language) })}</span>}
      </p>
      <p class="prose">{wave.text}</p>
      <WaveParts wave={wave} stateOf={(member, seat) => said.get(`${member}${seat}`)} />
    </details>
  );
}

/** Whom a wave asks and whom it does not; also of one that would be, before posting. */
export function WaveParts(given: {
  wave: Ledger;
  stateOf: (member: string, seat: string) => string | undefined;
}) {
  const { wave, stateOf } = given;
  const { t } = useDesk();
  const others = Object.values(wave.counts).reduce((sum, each) => sum + each, 0);
  return (
    <>
      <ul class="chosen">
        {wave.chosen.map((each) => {
          const state = stateOf(each.member_id, each.seat_id);
          return (
            <li key={each.member_id} class={state ? `answer ${state}` : "answer"}>
              <Who id={each.member_id} />
              {state && <span class="said">{t.of("offer", state)}</span>}
              <span class="quiet why">{each.text}</span>
            </li>
          );
        })}
      </ul>
      {others > 0 && (
        <details class="others">
          <summary>{t("wave_others", { count: others })}</summary>
          <Counts counts={wave.counts} />
          {wave.not_chosen.length > 0 && <p class="quiet">{t("wave_nearest")}</p>}
          <ul class="not-chosen">
            {wave.not_chosen.map((each) => (
              <li key={each.member_id}>
                <Who id={each.member_id} />
                <span class="why">{each.text}</span>
              </li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}

function Counts({ counts }: { counts: Record<string, number> }) {
  const { t } = useDesk();
  const sorted = Object.entries(counts).sort((a, b) => b[1] - a[1]);
  const most = sorted[0]?.[1] ?? 1;
  return (
    <ul class="counts">
      {sorted.map(([reason, count]) => (
        <li key={reason}>
          <span>{t.of("reason", reason)}</span>
          <meter min={0} max={most} value={count} aria-hidden="true" />
          <strong>{count}</strong>
        </li>
      ))}
    </ul>
  );
}
