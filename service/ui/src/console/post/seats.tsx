/** Groups of seats: how many, with which skills. */

import { Button, Field, useDesk, useSkillName } from "../parts.tsx";
import type { Draft } from "../state.ts";

type Groups = Draft["seats"];

export function SeatGroups({ seats, onChange }: { seats: Groups; onChange: (seats: Groups) => void }) {
  const { state, t } = useDesk();
  const skillName = useSkillName();
  const set = (at: number, change: Partial<Groups[number]>) =>
    onChange(seats.map((each, index) => (index === at ? { ...each, ...change } : each)));
  return (
    <fieldset class="seat-groups">
      <legend>{t("post_seats")}</legend>
      {seats.map((group, at) => (
        <div key={at} class="inline">
          <Field label={t("post_count")} for={`count-${at}`}>
            <input
              id={`count-${at}`}
              type="number"
              min={1}
              max={50}
              value={group.count}
              onInput={(event) => set(at, { count: Math.max(1, event.currentTarget.valueAsNumber || 1) })}
            />
          </Field>
          <Field label={t("post_skills")} for={`skill-${at}`}>
            <select
              id={`skill-${at}`}
              value={group.skills[0] ?? ""}
              onChange={(event) =>
                set(at, { skills: event.currentTarget.value ? [event.currentTarget.value] : [] })
              }
            >
              <option value="">{t("post_no_skill")}</option>
              {state.skills.map((each) => (
                <option key={each.code} value={each.code}>
                  {skillName(each.code)}
                </option>
              ))}
            </select>
          </Field>
          {seats.length > 1 && (
            <Button
              small
              look="quiet"
              label={t("post_remove")}
              onPress={() => onChange(seats.filter((_, index) => index !== at))}
            >
              ×
            </Button>
          )}
        </div>
      ))}
      <Button small look="quiet" onPress={() => onChange([...seats, { skills: [], count: 1 }])}>
        + {t("post_add_seats")}
      </Button>
    </fieldset>
  );
}
