/** Changing a running task's words and deadline; says what somebody else changed since the form was opened. */

import { useState } from "preact/hooks";
import { Button, Field, Modal, Refusal, useDesk } from "../parts.tsx";
import type { Problem } from "../session.ts";
import { changes, type Task } from "../tasks.ts";
import { forInput, fromInput } from "../times.ts";

export function Edit({ task, onClose }: { task: Task; onClose: () => void }) {
  const { desk, t, language } = useDesk();
  const [opened, reopen] = useState(task);
  const [title, setTitle] = useState(task.title);
  const [instructions, setInstructions] = useState(task.instructions ?? "");
  const [by, setBy] = useState(task.needed_by ? forInput(Date.parse(task.needed_by)) : "");
  const [problem, setProblem] = useState<Problem>();
  const [busy, setBusy] = useState(false);
  const words = ["state", "title", "instructions", "needed_by"];
  const changed = changes(opened, task).filter((each) => words.includes(each));
  const save = async (event: SubmitEvent) => {
    event.preventDefault();
    const body: { title?: string; instructions?: string | null; needed_by?: string | null } = {};
    if (title.trim() !== opened.title) body.title = title.trim();
    if (instructions.trim() !== (opened.instructions ?? "")) body.instructions = instructions.trim() || null;
    if (by !== (opened.needed_by ? forInput(Date.parse(opened.needed_by)) : ""))
      body.needed_by = fromInput(by);
    if (Object.keys(body).length === 0) return onClose();
    setBusy(true);
    const params = { path: { task_id: task.id }, query: { crs: "WGS84" as const } };
    const done = await desk.change(task, () => desk.api.PATCH("/api/v1/tasks/{task_id}", { params, body }));
    setBusy(false);
    setProblem(done.problem);
    if (!done.data) return;
    reopen(done.data);
    desk.learn(done.data);
    onClose();
  };
  return (
    <Modal title={t("edit")} onClose={onClose}>
      <form onSubmit={save}>
        {changed.length > 0 && (
          <p class="notice" role="alert">
            {t("notice_changed", {
              title: task.title,
              what: changed.map((each) => t.of("change", each)).join(language === "zh" ? "、" : ", "),
            })}
          </p>
        )}
        <Field label={t("post_what")} for="edit-title">
          <input
            id="edit-title"
            value={title}
            required
            onInput={(event) => setTitle(event.currentTarget.value)}
          />
        </Field>
        <Field label={t("post_by")} for="edit-by">
          <input
            id="edit-by"
            type="datetime-local"
            value={by}
            onInput={(event) => setBy(event.currentTarget.value)}
          />
        </Field>
        <Field label={t("post_instructions")} for="edit-instructions">
          <textarea
            id="edit-instructions"
            rows={4}
            value={instructions}
            onInput={(event) => setInstructions(event.currentTarget.value)}
          />
        </Field>
        <Refusal problem={problem} />
        <div class="buttons">
          <Button type="submit" look="main" busy={busy}>
            {t("save")}
          </Button>
          <Button look="quiet" onPress={onClose}>
            {t("close")}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
