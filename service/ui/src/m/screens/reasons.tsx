/** Why not: one of a few words, some of one's own, or neither. */

import { useId, useState } from "preact/hooks";
import { Button, Sheet, useApp } from "../parts.tsx";

const REASONS = ["work", "family", "unwell", "far", "skill", "other"] as const;
/** As much as the service takes in one line. */
const LONGEST = 150;

export function Reasons(given: {
  title: string;
  lead: string;
  send: string;
  onSend: (reason: string | null) => void;
  onClose: () => void;
}) {
  const { t } = useApp();
  const [chosen, choose] = useState("");
  const [text, setText] = useState("");
  const id = useId();
  const reason = [chosen, text.trim().replace(/\s+/g, " ")].filter(Boolean).join(t("colon"));
  return (
    <Sheet title={given.title} onClose={given.onClose}>
      <p class="quiet">{given.lead}</p>
      <fieldset class="chips">
        <legend class="unseen">{given.title}</legend>
        {REASONS.map((each) => (
          <label key={each} class="chip">
            <input
              type="radio"
              name={`reason-${id}`}
              checked={chosen === t(`reason_${each}`)}
              onChange={() => choose(t(`reason_${each}`))}
            />
            <span>{t(`reason_${each}`)}</span>
          </label>
        ))}
      </fieldset>
      <label for={id}>{t("reason_text")}</label>
      <input
        id={id}
        value={text}
        maxLength={LONGEST}
        onInput={(event) => setText(event.currentTarget.value)}
      />
      <Button look="danger" large onPress={() => given.onSend(reason || null)}>
        {given.send}
      </Button>
    </Sheet>
  );
}
