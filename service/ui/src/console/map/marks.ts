/** What stands at points: people, tasks, the place that was chosen. And how names are written. */

import type { ExpressionSpecification } from "maplibre-gl";
import type { Layer, Shown } from "./layers.ts";

const FONT = ["sans-serif"];

/** Names in the reader's language, dark on a halo. */
export function lettering({ colours, language }: Shown) {
  const named: ExpressionSpecification =
    language === "zh" ? ["get", "name"] : ["coalesce", ["get", "name_en"], ["get", "name"]];
  const text = { "text-font": FONT, "text-field": named, "text-size": 12.5, "text-max-width": 8 };
  const ink = { "text-color": colours.ink, "text-halo-color": colours.halo, "text-halo-width": 1.6 };
  return { text, ink };
}

export function marks(shown: Shown): Layer[] {
  const { colours } = shown;
  const { text, ink } = lettering(shown);
  return [
    {
      id: "crowd-counts",
      group: "members",
      type: "symbol",
      source: "members",
      filter: ["has", "count"],
      minzoom: 9.5,
      layout: {
        "text-font": FONT,
        "text-field": ["to-string", ["get", "count"]],
        "text-size": 12,
        "text-padding": 1,
      },
      paint: { ...ink, "text-color": colours.person },
    },
    {
      id: "members",
      group: "members",
      type: "circle",
      source: "members",
      filter: ["!", ["has", "count"]],
      paint: {
        "circle-radius": 5,
        "circle-color": colours.person,
        "circle-stroke-color": colours.halo,
        "circle-stroke-width": 2,
      },
    },
    {
      id: "people-rough",
      group: "always",
      type: "circle",
      source: "people",
      filter: ["!", ["get", "exact"]],
      paint: {
        "circle-radius": 11,
        "circle-color": colours.person,
        "circle-opacity": 0.22,
        "circle-stroke-color": colours.person,
        "circle-stroke-width": 1.5,
      },
    },
    {
      id: "people",
      group: "always",
      type: "circle",
      source: "people",
      filter: ["get", "exact"],
      paint: {
        "circle-radius": 6.5,
        "circle-color": ["match", ["get", "state"], "on_scene", colours.person, colours.halo],
        "circle-stroke-color": colours.person,
        "circle-stroke-width": 3,
      },
    },
    {
      id: "people-names",
      group: "always",
      type: "symbol",
      source: "people",
      minzoom: 11,
      layout: { ...text, "text-field": ["get", "name"], "text-anchor": "top", "text-offset": [0, 0.9] },
      paint: { ...ink, "text-color": colours.person },
    },
    {
      id: "clusters",
      group: "tasks",
      type: "symbol",
      source: "tasks",
      filter: ["has", "point_count"],
      layout: {
        "icon-image": ["concat", "cluster-", ["get", "worst"]],
        "icon-size": ["interpolate", ["linear"], ["get", "point_count"], 2, 0.85, 40, 1.3],
        "icon-allow-overlap": true,
        "text-font": FONT,
        "text-field": ["to-string", ["get", "point_count_abbreviated"]],
        "text-size": 14,
        "text-allow-overlap": true,
      },
      paint: { "text-color": colours.halo },
    },
    {
      id: "tasks",
      group: "tasks",
      type: "symbol",
      source: "tasks",
      filter: ["!", ["has", "point_count"]],
      layout: {
        "icon-image": ["get", "icon"],
        "icon-allow-overlap": true,
        "symbol-sort-key": ["get", "rank"],
      },
    },
    {
      id: "chosen",
      group: "always",
      type: "symbol",
      source: "chosen",
      layout: { "icon-image": ["get", "icon"], "icon-allow-overlap": true, "icon-ignore-placement": true },
    },
  ];
}
