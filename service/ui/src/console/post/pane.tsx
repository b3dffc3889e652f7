/** A new task: the form, then what posting it would do, then posting it. */

import { useState } from "preact/hooks";
import type { Schemas } from "../../shared/client.ts";
import { Button, Refusal, useDesk } from "../parts.tsx";
import type { Problem } from "../session.ts";
import type { Draft } from "../state.ts";
import { fromInput } from "../times.ts";
import { Foresight } from "./foresight.tsx";
import { Form } from "./form.tsx";

export type Foreseen = Schemas["ForesightOut"];

/** A draft as the API takes it; undefined where something is missing. */
export function bodyOf(draft: Draft): Schemas["TaskIn"] | undefined {
  const { place, title, category, urgency, seats } = draft;
  if (!place || !title.trim() || !category) return undefined;
  return {
    category,
    title: title.trim(),
    urgency,
    location: { lon: place.lon, lat: place.lat, crs: place.crs },
    seats,
    needed_by: fromInput(draft.needed_by),
    instructions: draft.instructions.trim() || null,
    drill: draft.drill,
    residents_only: draft.residents_only,
  };
}

export function PostPane() {
  const { desk, state, t } = useDesk();
  const { draft } = state;
  const [foreseen, setForeseen] = useState<Foreseen>();
  const [problem, setProblem] = useState<Problem>();
  const [busy, setBusy] = useState(false);
  const body = bodyOf(draft);
  const preview = async () => {
    if (!body || busy) return;
    setBusy(true);
    const done = await desk.call(desk.api.POST("/api/v1/tasks/preview", { body }));
    setBusy(false);
    setProblem(done.problem);
    setForeseen(done.data);
  };
  const post = async () => {
    if (!body || busy) return;
    setBusy(true);
    const done = await desk.call(
      desk.api.POST("/api/v1/tasks", {
        body,
        params: { query: { crs: "WGS84" } },
        headers: { "Idempotency-Key": draft.key },
      }),
    );
    setBusy(false);
    setProblem(done.problem);
    if (done.data) desk.posted(done.data);
  };
  return (
    <div class="post">
      <header class="post-head">
        <h2>{t(foreseen ? "post_foresight" : "post_title")}</h2>
        <Button look="quiet" onPress={() => desk.set({ posting: false, picking: false })}>
          {t("close")} <kbd>Esc</kbd>
        </Button>
      </header>
      {foreseen ? (
        <Foresight
          foreseen={foreseen}
          draft={draft}
          problem={problem}
          busy={busy}
          onPost={() => void post()}
          onBack={() => setForeseen(undefined)}
        />
      ) : (
        <>
          <Form
            onPreview={() => void preview()}
            onPost={() => void post()}
            busy={busy}
            ready={body !== undefined}
          />
          <Refusal problem={problem} />
        </>
      )}
    </div>
  );
}
