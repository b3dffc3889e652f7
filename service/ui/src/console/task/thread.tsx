/** Texts by people, the newest first, and a place to write one. */

import { useEffect, useId, useState } from "preact/hooks";
import { moment } from "../../shared/times.ts";
import { Button, Field, Refusal, useDesk, useNow } from "../parts.tsx";
import type { Problem } from "../session.ts";

export interface Said {
  id: string;
  at: string;
  by: string;
  text: string;
}

interface Page {
  items: Said[];
  next: string | null;
}

export function Thread(given: {
  /** Changes when the texts are to be read anew. */
  version: string;
  lead: string;
  label: string;
  button: string;
  none: string;
  may: boolean;
  read: (after: string | null) => Promise<Page | undefined>;
  write: (text: string) => Promise<Problem | undefined>;
}) {
  const { t, language } = useDesk();
  const now = useNow(30_000);
  const id = useId();
  const [page, setPage] = useState<Page>({ items: [], next: null });
  const [text, setText] = useState("");
  const [problem, setProblem] = useState<Problem>();
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    let wanted = true;
    void given.read(null).then((found) => wanted && found && setPage(found));
    return () => {
      wanted = false;
    };
  }, [given.version]);
  const more = async () => {
    const found = await given.read(page.next);
    if (found) setPage({ items: [...page.items, ...found.items], next: found.next });
  };
  const write = async (event: SubmitEvent) => {
    event.preventDefault();
    if (busy || !text.trim()) return;
    setBusy(true);
    const refused = await given.write(text.trim());
    setBusy(false);
    setProblem(refused);
    if (refused) return;
    setText("");
    const found = await given.read(null);
    if (found) setPage(found);
  };
  return (
    <>
      {given.may && (
        <form class="write" onSubmit={write}>
          <Field label={given.label} for={id} hint={given.lead}>
            <textarea id={id} rows={2} value={text} onInput={(event) => setText(event.currentTarget.value)} />
          </Field>
          <Refusal problem={problem} />
          <Button type="submit" busy={busy}>
            {given.button}
          </Button>
        </form>
      )}
      {page.items.length === 0 && <p class="quiet">{given.none}</p>}
      <ul class="thread">
        {page.items.map((each) => (
          <li key={each.id}>
            <p class="quiet">
              {each.by} · {moment(each.at, language, now)}
            </p>
            <p class="prose">{each.text}</p>
          </li>
        ))}
      </ul>
      {page.next && <Button onPress={() => void more()}>{t("more")}</Button>}
    </>
  );
}
