/** A field that finds places by their names: a combobox (WAI-ARIA), by arrow keys and Enter or by the pointer. */

import { useEffect, useId, useState } from "preact/hooks";
import type { Schemas } from "../../shared/client.ts";
import { useDesk } from "../parts.tsx";

export type Hit = Schemas["HitOut"];

const PAUSE = 200;

export function PlaceSearch(given: {
  id: string;
  hint: string;
  /** Only areas, by their codes. */
  areas?: boolean;
  onPick: (hit: Hit) => void;
}) {
  const { desk, t, language } = useDesk();
  const [text, setText] = useState("");
  const [hits, setHits] = useState<Hit[]>();
  const [at, setAt] = useState(0);
  const listId = useId();
  useEffect(() => {
    setHits(undefined);
    setAt(0);
    const q = text.trim();
    if (!q) return;
    let wanted = true;
    const timer = setTimeout(async () => {
      const params = { query: { q, limit: 12, crs: "WGS84" as const } };
      const { data } = await desk.call(desk.api.GET("/api/v1/search", { params }));
      if (!wanted || !data) return;
      setHits(data.items.filter((each) => !given.areas || each.kind === "area"));
    }, PAUSE);
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [text, language]);
  const pick = (hit: Hit | undefined) => {
    if (!hit) return;
    setText("");
    given.onPick(hit);
  };
  const key = (event: KeyboardEvent) => {
    if (event.isComposing || !hits) return;
    const way = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (way) setAt(Math.min(Math.max(at + way, 0), hits.length - 1));
    else if (event.key === "Enter") pick(hits[at]);
    else if (event.key === "Escape" && text) setText("");
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const open = text.trim() !== "";
  return (
    <div class="combobox">
      <input
        id={given.id}
        type="text"
        role="combobox"
        aria-expanded={open && (hits?.length ?? 0) > 0}
        aria-controls={listId}
        aria-autocomplete="list"
        aria-activedescendant={hits?.[at] ? `${listId}-${at}` : undefined}
        autocomplete="off"
        placeholder={given.hint}
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
        onKeyDown={key}
      />
      <div class={open ? "hits" : "unseen"}>
        {open && !hits && <p class="quiet">{t("post_searching")}</p>}
        {hits?.length === 0 && <p class="quiet">{t("post_none_found")}</p>}
        <div id={listId} role="listbox" aria-label={given.hint}>
          {(hits ?? []).map((hit, index) => (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are the field's, which keeps the focus
            // biome-ignore lint/a11y/useFocusableInteractive: as above (aria-activedescendant)
            <div
              key={`${hit.kind}${hit.code}`}
              id={`${listId}-${index}`}
              role="option"
              aria-selected={index === at}
              onClick={() => pick(hit)}
            >
              <span class="tag">{t.of("kind", hit.kind)}</span>{" "}
              {(language === "en" && hit.name_en) || hit.name}
              <span class="quiet">{hit.path.map((each) => each.name).join(" › ")}</span>
            </div>
          ))}
        </div>
      </div>
    </div>
  );
}
