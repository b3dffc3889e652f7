/** Manual dispatch: people picked by hand, each checked as it is picked. */

import { useEffect, useState } from "preact/hooks";
import type { Schemas } from "../../shared/client.ts";
import { Button, Field, Refusal, useDesk, useName, useSkillName, useUnitName, Who } from "../parts.tsx";
import type { Problem } from "../session.ts";
import type { Person } from "../state.ts";
import { isLive, offers, type Task } from "../tasks.ts";

type Finding = Schemas["FindingOut"];
const MOST_SHOWN = 30;

export function Choose({ task }: { task: Task }) {
  const { desk, state, t } = useDesk();
  const [text, setText] = useState("");
  const [picked, setPicked] = useState<string[]>([]);
  const [findings, setFindings] = useState<Map<string, Finding>>(new Map());
  const [reason, setReason] = useState("");
  const [problem, setProblem] = useState<Problem>();
  const [busy, setBusy] = useState(false);
  const key = picked.join();
  useEffect(() => {
    if (!key) return setFindings(new Map());
    let wanted = true;
    const params = { path: { task_id: task.id } };
    const body = { member_ids: key.split(",") };
    void desk.call(desk.api.POST("/api/v1/tasks/{task_id}/check", { params, body })).then((done) => {
      if (!wanted) return;
      if (done.data) setFindings(new Map(done.data.findings.map((each) => [each.member_id, each])));
      setProblem(done.problem);
    });
    return () => {
      wanted = false;
    };
  }, [task.id, key]);
  if (!isLive(task)) return <p class="empty">{t.of("state", task.state)}</p>;
  const soft = picked.some((id) => findings.get(id)?.soft.length);
  const hard = picked.some((id) => findings.get(id)?.hard.length);
  const toggle = (id: string) => {
    setPicked(picked.includes(id) ? picked.filter((each) => each !== id) : [...picked, id]);
    setProblem(undefined);
  };
  const send = async (event: SubmitEvent) => {
    event.preventDefault();
    if (busy || picked.length === 0) return;
    setBusy(true);
    const params = { path: { task_id: task.id }, query: { crs: "WGS84" as const } };
    const body = { member_ids: picked, overrule: (soft && reason.trim()) || null };
    const done = await desk.change(task, () =>
      desk.api.POST("/api/v1/tasks/{task_id}/offers", { params, body }),
    );
    setBusy(false);
    setProblem(done.problem);
    if (!done.data) return;
    desk.learn(done.data);
    desk.touch("ledger");
    desk.set({ said: t("choose_sent", { count: picked.length }) });
    setPicked([]);
    setReason("");
  };
  return (
    <form class="choose" onSubmit={send}>
      <p class="quiet">{t("choose_lead")}</p>
      <ul class="picked">
        {picked.map((id) => (
          <Picked key={id} id={id} finding={findings.get(id)} onRemove={() => toggle(id)} />
        ))}
      </ul>
      {soft && (
        <Field label={t("choose_overrule")} for="overrule">
          <input id="overrule" value={reason} onInput={(event) => setReason(event.currentTarget.value)} />
        </Field>
      )}
      <Refused problem={problem} />
      {picked.length > 0 && (
        <Button type="submit" look={hard ? "plain" : "main"} busy={busy}>
          {t("choose_send", { count: picked.length })}
        </Button>
      )}
      <Field label={t("choose_search")} for="choose-search">
        <input
          id="choose-search"
          type="search"
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </Field>
      <Candidates task={task} text={text} picked={picked} onToggle={toggle} people={state.people} />
    </form>
  );
}

function Picked({
  id,
  finding,
  onRemove,
}: {
  id: string;
  finding: Finding | undefined;
  onRemove: () => void;
}) {
  const { t } = useDesk();
  const { name } = useName()(id);
  const look = !finding ? "" : finding.hard.length ? "hard" : finding.soft.length ? "soft" : "fine";
  const broken = finding ? [...finding.hard, ...finding.soft].map((each) => t.of("reason", each)) : [];
  return (
    <li class={`finding ${look}`}>
      <Who id={id} />
      <span class="verdict" role="status">
        {!finding && t("choose_checking")}
        {look && t(`choose_${look as "hard" | "soft" | "fine"}`)}
        {broken.length > 0 && <strong> {broken.join("、")}</strong>}
      </span>
      {finding && finding.travel_minutes !== null && (
        <span class="minutes">{t("minutes", { count: finding.travel_minutes })}</span>
      )}
      <Button small look="quiet" label={t("choose_remove", { name })} onPress={onRemove}>
        ×
      </Button>
    </li>
  );
}

function Candidates(given: {
  task: Task;
  text: string;
  picked: string[];
  onToggle: (id: string) => void;
  people: Map<string, Person>;
}) {
  const { t } = useDesk();
  const unit = useUnitName();
  const skill = useSkillName();
  const { task, text, picked, people, onToggle } = given;
  const asked = new Set(
    offers(task)
      .filter((each) => each.state === "pending" || each.state === "accepted")
      .map((each) => each.member_id),
  );
  const wanted = text.trim().toLowerCase();
  const skills = new Set(task.seats.filter((seat) => !seat.engagement).flatMap((seat) => seat.skills));
  const found: Person[] = [];
  for (const each of people.values()) {
    if (!each.active || asked.has(each.id) || picked.includes(each.id)) continue;
    const words = [each.name, each.number, each.unit_code, unit(each.unit_code), each.home_community.name];
    if (wanted ? words.some((word) => word.toLowerCase().includes(wanted)) : suits(each, task, skills))
      found.push(each);
    if (found.length >= MOST_SHOWN) break;
  }
  if (found.length === 0) return <p class="quiet">{t("choose_nobody")}</p>;
  return (
    <ul class="candidates">
      {found.map((each) => (
        <li key={each.id}>
          <label>
            <input type="checkbox" checked={false} onChange={() => onToggle(each.id)} />
            <Who id={each.id} />
            <span class="quiet">
              {[
                each.number,
                t(each.on_duty ? "choose_on_duty" : "choose_off_duty"),
                each.home_community.name,
                ...each.skills.map(({ code }) => skill(code)),
              ].join(" · ")}
            </span>
          </label>
        </li>
      ))}
    </ul>
  );
}

/** Without a search: people of the responsible units who are on duty. */
function suits(person: Person, task: Task, skills: Set<string>): boolean {
  if (!person.on_duty || !task.responsible_units.includes(person.unit_code)) return false;
  return skills.size === 0 || person.skills.some(({ code }) => skills.has(code));
}

/** A refusal with its reason for each person. */
function Refused({ problem }: { problem: Problem | undefined }) {
  const { t } = useDesk();
  const name = useName();
  if (!problem) return <Refusal problem={undefined} />;
  if (problem.errors.length === 0) return <Refusal problem={problem} />;
  const detail = problem.errors
    .map(({ field, reason }) => {
      const id = field.replace("member_ids.", "");
      const reasons = reason.split(", ").map((each) => t.of("reason", each));
      return `${name(id).name}：${reasons.join("、")}`;
    })
    .join("；");
  return <Refusal problem={{ ...problem, detail: `${t("choose_refused")}${detail}` }} />;
}
