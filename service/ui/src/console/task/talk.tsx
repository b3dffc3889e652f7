/** Messages to those who are engaged in the task. */

import { useDesk } from "../parts.tsx";
import { isLive, type Task } from "../tasks.ts";
import { Thread } from "./thread.tsx";

export function Talk({ task }: { task: Task }) {
  const { desk, state, t } = useDesk();
  const path = { task_id: task.id };
  return (
    <Thread
      version={`${task.id}/${state.touched.messages}`}
      lead={t("talk_lead")}
      label={t("talk_text")}
      button={t("talk_send")}
      none={t("talk_none")}
      may={isLive(task) && (state.me?.roles.includes("dispatcher") ?? false)}
      read={async (after) => {
        const query = { limit: 30, ...(after ? { after } : {}) };
        const { data } = await desk.call(
          desk.api.GET("/api/v1/tasks/{task_id}/messages", { params: { path, query } }),
        );
        return data && { next: data.next, items: data.items.map((each) => ({ ...each, by: each.from })) };
      }}
      write={async (text) => {
        const done = await desk.change(task, () =>
          desk.api.POST("/api/v1/tasks/{task_id}/messages", { params: { path }, body: { text } }),
        );
        return done.problem;
      }}
    />
  );
}
