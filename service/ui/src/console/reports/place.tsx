/** An area or a unit, found by a part of its name. */

import { useEffect, useId, useState } from "preact/hooks";
import type { Language } from "../../shared/times.ts";
import type { PageProps } from "../page.ts";

interface Hit {
  kind: string;
  code: string;
  name: string;
  name_en: string | null;
  full_name: string;
}

const PAUSE = 250;

export interface Found {
  code: string;
  name: string;
}

export function Finder(given: {
  label: string;
  hint: string;
  /** What is looked for: `area`, or `post`, the office of a unit. */
  kind: "area" | "post";
  asking: Pick<PageProps, "root" | "fetch">;
  language: Language;
  found: Found | null;
  required?: boolean;
  onFound(found: Found | null): void;
}) {
  const { label, hint, kind, asking, language, found, required, onFound } = given;
  const id = useId();
  const [text, setText] = useState(found?.name ?? "");
  const [hits, setHits] = useState<Hit[]>([]);
  const nameOf = (hit: Hit) => (language === "zh" ? hit.name : (hit.name_en ?? hit.name));

  useEffect(() => {
    if (!text.trim() || text === found?.name) return setHits([]);
    const timer = setTimeout(async () => {
      const query = new URLSearchParams({ q: text.trim(), limit: "20" });
      const answer = await asking
        .fetch(new Request(`${asking.root}/api/v1/search?${query}`))
        .catch(() => undefined);
      if (!answer?.ok) return;
      const { items } = (await answer.json()) as { items: Hit[] };
      setHits(items.filter((hit) => hit.kind === kind));
    }, PAUSE);
    return () => clearTimeout(timer);
  }, [text, found?.name, kind]);

  const write = (value: string) => {
    setText(value);
    const code = / · (\S+)$/.exec(value)?.[1] ?? value.trim();
    const hit = hits.find((each) => each.code === code || nameOf(each) === value.trim());
    if (hit) {
      setText(nameOf(hit));
      onFound({ code: hit.code, name: nameOf(hit) });
    } else if (found) onFound(null);
  };

  return (
    <label class="rep-field">
      <span>{label}</span>
      <input
        type="search"
        list={id}
        autocomplete="off"
        placeholder={hint}
        value={text}
        required={required}
        onInput={(event) => write(event.currentTarget.value)}
      />
      <datalist id={id}>
        {hits.map((hit) => (
          <option key={hit.code} value={`${nameOf(hit)} · ${hit.code}`}>
            {hit.full_name}
          </option>
        ))}
      </datalist>
    </label>
  );
}
