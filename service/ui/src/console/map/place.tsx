/** What the place is that was clicked: its areas, who is responsible, how far the boundary is. */

import { useEffect, useState } from "preact/hooks";
import type { Language } from "../../shared/times.ts";
import type { Spot } from "./contract.ts";
import { spotText } from "./features.ts";
import { type Place, placeAt, type Reader } from "./read.ts";
import type { Words } from "./words.ts";

export function PlaceCard(given: {
  spot: Spot;
  reader: Reader;
  t: Words;
  language: Language;
  onClose: () => void;
}) {
  const { spot, reader, t, language, onClose } = given;
  const [found, setFound] = useState<Place | "nowhere">();
  useEffect(() => {
    const stop = new AbortController();
    setFound(undefined);
    placeAt(reader, spot, stop.signal).then(
      (place) => setFound(place ?? "nowhere"),
      () => {},
    );
    return () => stop.abort();
  }, [reader, spot]);
  return (
    <aside class="map-card" aria-live="polite">
      <button type="button" class="map-close" aria-label={t("close")} onClick={onClose}>
        ×
      </button>
      {found === "nowhere" && <p>{t("nowhere")}</p>}
      {found && found !== "nowhere" && (
        <>
          <p class="map-chain">
            {found.governance
              .slice(1)
              .map((each) => (language === "zh" ? each.name : (each.name_en ?? each.name)))
              .join(" › ")}
          </p>
          <p>
            {found.party.length > 0
              ? t("units", { names: [...new Set(found.party.map((each) => each.unit_name))].join("、") })
              : t("units_none")}
          </p>
          {found.snapped_m > 0 ? (
            <p>{t("snapped", { metres: Math.round(found.snapped_m) })}</p>
          ) : (
            found.boundary_m !== null && <p>{t("boundary", { metres: Math.round(found.boundary_m) })}</p>
          )}
        </>
      )}
      <p class="map-soft">{spotText(spot)} · WGS 84</p>
    </aside>
  );
}
