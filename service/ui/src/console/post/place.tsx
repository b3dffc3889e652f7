/** Where the task is: by a name, or by pointing at the map. */

import { Button, useDesk } from "../parts.tsx";
import { PlaceSearch } from "./search.tsx";

export function PlaceField() {
  const { desk, state, t, language } = useDesk();
  const { place } = state.draft;
  if (place) {
    const values = { lon: place.lon.toFixed(5), lat: place.lat.toFixed(5) };
    return (
      <div class="field">
        <span class="label">{t("post_place")}</span>
        <div class="placed">
          <p id="post-placed">
            {place.name && <strong>{place.name}</strong>}
            <span class="quiet">{t("post_coordinates", values)}</span>
          </p>
          <Button
            small
            onPress={() => {
              desk.place(null);
              setTimeout(() => document.getElementById("post-place")?.focus(), 80);
            }}
          >
            {t("post_place_change")}
          </Button>
        </div>
      </div>
    );
  }
  return (
    <div class="field">
      <label for="post-place">{t("post_place")}</label>
      <PlaceSearch
        id="post-place"
        hint={t("post_place_hint")}
        onPick={(hit) => {
          const name = (language === "en" && hit.name_en) || hit.full_name;
          desk.place({ lon: hit.point.lon, lat: hit.point.lat, crs: "WGS84", name });
          setTimeout(() => document.getElementById("count-0")?.focus(), 80);
        }}
      />
      <p class="quiet">
        {state.picking ? (
          t("post_place_or")
        ) : (
          <Button small onPress={() => desk.set({ picking: true })}>
            {t("post_point")}
          </Button>
        )}
      </p>
    </div>
  );
}
