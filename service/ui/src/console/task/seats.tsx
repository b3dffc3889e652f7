/** Adding seats to a running task. */

import { useState } from "preact/hooks";
import { Button, Field, Refusal, useDesk, useSkillName } from "../parts.tsx";
import type { Problem } from "../session.ts";
import type { Task } from "../tasks.ts";

export function AddSeats({ task }: { task: Task }) {
  const { desk, state, t } = useDesk();
  const skillName = useSkillName();
  const [count, setCount] = useState(1);
  const [skill, setSkill] = useState("");
  const [problem, setProblem] = useState<Problem>();
  const [busy, setBusy] = useState(false);
  const add = async (event: SubmitEvent) => {
    event.preventDefault();
    setBusy(true);
    const params = { path: { task_id: task.id }, query: { crs: "WGS84" as const } };
    const body = { add: [{ skills: skill ? [skill] : [], count }], drop: [] };
    const done = await desk.change(task, () =>
      desk.api.POST("/api/v1/tasks/{task_id}/seats", { params, body }),
    );
    setBusy(false);
    setProblem(done.problem?.status === 409 ? undefined : done.problem);
    if (done.data) desk.learn(done.data);
  };
  return (
    <details class="add-seats">
      <summary>{t("add_seats")}</summary>
      <form class="inline" onSubmit={add}>
        <Field label={t("post_count")} for="add-count">
          <input
            id="add-count"
            type="number"
            min={1}
            max={50}
            value={count}
            onInput={(event) => setCount(event.currentTarget.valueAsNumber || 1)}
          />
        </Field>
        <Field label={t("post_skills")} for="add-skill">
          <select id="add-skill" value={skill} onChange={(event) => setSkill(event.currentTarget.value)}>
            <option value="">{t("post_no_skill")}</option>
            {state.skills.map((each) => (
              <option key={each.code} value={each.code}>
                {skillName(each.code)}
              </option>
            ))}
          </select>
        </Field>
        <Button type="submit" busy={busy}>
          {t("add")}
        </Button>
      </form>
      <Refusal problem={problem} />
    </details>
  );
}
