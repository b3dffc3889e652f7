/** Notes on the task: dispatchers write them for each other, auditors read them. */

import { useDesk } from "../parts.tsx";
import type { Task } from "../tasks.ts";
import { Thread } from "./thread.tsx";

export function Notes({ task }: { task: Task }) {
  const { desk, state, t } = useDesk();
  const path = { task_id: task.id };
  return (
    <Thread
      version={`${task.id}/${state.touched.notes}`}
      lead={t("note_lead")}
      label={t("note_text")}
      button={t("note_send")}
      none={t("note_none")}
      may={state.me?.roles.includes("dispatcher") ?? false}
      read={async (after) => {
        const query = { limit: 30, ...(after ? { after } : {}) };
        const { data } = await desk.call(
          desk.api.GET("/api/v1/tasks/{task_id}/notes", { params: { path, query } }),
        );
        return data;
      }}
      write={async (text) => {
        const done = await desk.change(task, () =>
          desk.api.POST("/api/v1/tasks/{task_id}/notes", { params: { path }, body: { text } }),
        );
        return done.problem;
      }}
    />
  );
}
