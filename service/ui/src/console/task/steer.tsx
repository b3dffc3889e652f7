/** What one does to a running task: widen, change, close, cancel. */

import { useState } from "preact/hooks";
import { Button, Field, Modal, Refusal, useDesk } from "../parts.tsx";
import type { Problem } from "../session.ts";
import { isLive, openSeats, type Task } from "../tasks.ts";
import { Edit } from "./edit.tsx";

type Asking = "finish" | "call_off" | "edit" | null;

export function Steer({ task }: { task: Task }) {
  const { desk, t } = useDesk();
  const [asking, ask] = useState<Asking>(null);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const live = isLive(task);
  // A question that is open stays, to be answered with what happened meanwhile.
  if (!live && !asking) return null;
  const params = { path: { task_id: task.id }, query: { crs: "WGS84" as const } };
  const widen = async () => {
    setBusy(true);
    const done = await desk.change(task, () => desk.api.POST("/api/v1/tasks/{task_id}/widen", { params }));
    setBusy(false);
    setProblem(done.problem);
    if (done.data) {
      desk.learn(done.data);
      desk.touch("ledger");
    }
  };
  return (
    <div class="steer">
      <div class="buttons">
        {live && openSeats(task) > 0 && (
          <button
            type="button"
            id="widen"
            class="button main"
            aria-disabled={busy ? "true" : undefined}
            onClick={() => !busy && void widen()}
          >
            {t("widen")} <kbd>W</kbd>
          </button>
        )}
        <Button onPress={() => ask("edit")}>{t("edit")}</Button>
        <Button onPress={() => ask("finish")}>{t("finish")}</Button>
        <Button look="danger" onPress={() => ask("call_off")}>
          {t("call_off")}
        </Button>
      </div>
      <Refusal problem={problem?.status === 409 ? undefined : problem} />
      {asking === "edit" && <Edit task={task} onClose={() => ask(null)} />}
      {asking && asking !== "edit" && <End how={asking} task={task} onClose={() => ask(null)} />}
    </div>
  );
}

function End({ how, task, onClose }: { how: "finish" | "call_off"; task: Task; onClose: () => void }) {
  const { desk, t } = useDesk();
  const [reason, setReason] = useState("");
  const [problem, setProblem] = useState<Problem>();
  const [busy, setBusy] = useState(false);
  const end = async () => {
    setBusy(true);
    const params = { path: { task_id: task.id }, query: { crs: "WGS84" as const } };
    const done = await desk.change(task, () =>
      how === "finish"
        ? desk.api.POST("/api/v1/tasks/{task_id}/close", { params })
        : desk.api.POST("/api/v1/tasks/{task_id}/cancel", {
            params,
            body: { reason: reason.trim() || null },
          }),
    );
    setBusy(false);
    setProblem(done.problem);
    if (!done.data) return;
    desk.learn(done.data);
    onClose();
  };
  return (
    <Modal title={t(how)} onClose={onClose}>
      <p>
        <strong>{task.title}</strong>
      </p>
      <p>{t(`${how}_lead`)}</p>
      {how === "call_off" && (
        <Field label={t("call_off_reason")} for="call-off-reason">
          <input
            id="call-off-reason"
            value={reason}
            onInput={(event) => setReason(event.currentTarget.value)}
          />
        </Field>
      )}
      <Refusal problem={problem} />
      <div class="buttons">
        <Button look={how === "finish" ? "main" : "danger"} busy={busy} onPress={() => void end()}>
          {t(`yes_${how}`)}
        </Button>
        <Button look="quiet" onPress={onClose}>
          {t("close")}
        </Button>
      </div>
    </Modal>
  );
}
