/** What is drawn, from below to above, and which switch of the legend each layer belongs to. */

import type {
  DataDrivenPropertyValueSpecification as Driven,
  ExpressionSpecification,
  LayerSpecification,
} from "maplibre-gl";
import type { Language } from "../../shared/times.ts";
import type { ActiveArea } from "./contract.ts";
import { lettering, marks } from "./marks.ts";
import { type Palette, STEPS } from "./palette.ts";
import { LAYER_OF } from "./tiles.ts";

export const GROUPS = [
  "grids",
  "party",
  "overlay",
  "gaps",
  "overlaps",
  "heat",
  "members",
  "tasks",
  "links",
  "activations",
] as const;
export type Group = (typeof GROUPS)[number];

export interface Shown {
  colours: Palette;
  language: Language;
  /** Something lies under the grids: they must not cover it. */
  based: boolean;
  activations: readonly ActiveArea[];
}

export type Layer = LayerSpecification & { group: Group | "always" };

/** By people in reach; grey where there are few, nothing where it is not known. */
function heat(colours: Palette): Driven<string> {
  const [none, ...steps] = colours.heat;
  const reach: ExpressionSpecification = ["coalesce", ["feature-state", "reach"], -2];
  const stepped = STEPS.flatMap((from, place) => [from, steps[place] ?? "transparent"]);
  return [
    "case",
    ["==", reach, -2],
    "transparent",
    ["==", reach, -1],
    colours.ended,
    ["step", reach, none ?? "transparent", ...stepped] as unknown as ExpressionSpecification,
  ];
}

/** In the colour of the highest activation that holds the grid: I before IV. */
function tint(colours: Palette, activations: readonly ActiveArea[]): Driven<string> {
  const highest = [...activations].sort((one, other) => one.level.localeCompare(other.level));
  if (highest.length === 0) return "transparent";
  const cases = highest.flatMap(({ area, level }) => [
    ["==", ["slice", ["get", "code"], 0, area.length], area],
    colours.level[level],
  ]);
  return ["case", ...cases, "transparent"] as unknown as ExpressionSpecification;
}

function units(colours: Palette): Driven<string> {
  const each = colours.units.flatMap((colour, place) => [place, colour]);
  return [
    "match",
    ["coalesce", ["feature-state", "tint"], -1],
    ...each,
    "transparent",
  ] as unknown as ExpressionSpecification;
}

export function layers(shown: Shown): Layer[] {
  const { colours, language, based, activations } = shown;
  const { text, ink } = lettering(shown);
  const of = (source: string) => ({ source, "source-layer": LAYER_OF[source] ?? source });
  return [
    {
      id: "land",
      group: "always",
      type: "fill",
      ...of("grids"),
      paint: { "fill-color": colours.land, "fill-opacity": based ? 0 : 1 },
    },
    {
      id: "party",
      group: "party",
      type: "fill",
      ...of("party"),
      paint: { "fill-color": units(colours), "fill-opacity": 0.5 },
    },
    {
      id: "heat",
      group: "heat",
      type: "fill",
      ...of("leaves"),
      paint: { "fill-color": heat(colours), "fill-opacity": 0.75 },
    },
    {
      id: "crowd",
      group: "members",
      type: "fill",
      ...of("leaves"),
      paint: {
        "fill-color": colours.person,
        "fill-opacity": [
          "interpolate",
          ["linear"],
          ["coalesce", ["feature-state", "people"], 0],
          0,
          0,
          1,
          0.16,
          20,
          0.5,
        ],
      },
    },
    {
      id: "activation",
      group: "activations",
      type: "fill",
      ...of("leaves"),
      paint: {
        "fill-color": tint(colours, activations),
        // From near all of the ground is in emergency: then the tint is less in the way of what is on it.
        "fill-opacity": ["interpolate", ["linear"], ["zoom"], 9, 0.24, 13, 0.09],
        "fill-antialias": false,
      },
    },
    {
      id: "overlay",
      group: "overlay",
      type: "line",
      ...of("overlay"),
      paint: { "line-color": colours.overlay, "line-width": 0.8, "line-opacity": 0.8 },
    },
    {
      id: "gaps",
      group: "gaps",
      type: "fill",
      ...of("gaps"),
      paint: { "fill-pattern": "gap" },
    },
    {
      id: "overlaps",
      group: "overlaps",
      type: "fill",
      ...of("overlaps"),
      paint: { "fill-pattern": "overlap" },
    },
    {
      id: "leaf-lines",
      group: "heat",
      type: "line",
      ...of("leaves"),
      minzoom: 9,
      paint: { "line-color": colours.line, "line-width": 0.4, "line-opacity": 0.5 },
    },
    {
      id: "grid-lines",
      group: "grids",
      type: "line",
      ...of("grids"),
      layout: { "line-join": "round" },
      paint: {
        // Over a base map the quiet line would be lost.
        "line-color": based ? colours.strong : colours.line,
        "line-width": ["match", ["get", "level"], "city", 1.8, "county", 1.5, "town", 1.2, 0.9],
      },
    },
    {
      id: "party-lines",
      group: "party",
      type: "line",
      ...of("party"),
      paint: {
        "line-color": colours.strong,
        "line-width": 1.2,
        "line-dasharray": [3, 2],
        "line-opacity": 0.6,
      },
    },
    {
      id: "links-under",
      group: "links",
      type: "line",
      ...of("links"),
      layout: { "line-cap": "round" },
      paint: { "line-color": colours.halo, "line-width": 6 },
    },
    {
      id: "links",
      group: "links",
      type: "line",
      ...of("links"),
      filter: ["==", ["get", "open"], true],
      paint: { "line-color": colours.link, "line-width": 3 },
    },
    {
      id: "links-closed",
      group: "links",
      type: "line",
      ...of("links"),
      filter: ["==", ["get", "open"], false],
      paint: { "line-color": colours.closed, "line-width": 3.5, "line-dasharray": [1, 1] },
    },
    {
      id: "link-names",
      group: "links",
      type: "symbol",
      ...of("links"),
      minzoom: 10.5,
      layout: { ...text, "symbol-placement": "line-center", "text-size": 12, "text-offset": [0, -1] },
      paint: { ...ink, "text-color": ["case", ["get", "open"], colours.link, colours.closed] },
    },
    {
      id: "party-names",
      group: "party",
      type: "symbol",
      source: "names",
      filter: ["has", "unit_name"],
      minzoom: 10.5,
      layout: {
        ...text,
        "text-field":
          language === "zh"
            ? ["get", "unit_name"]
            : ["coalesce", ["get", "unit_name_en"], ["get", "unit_name"]],
        "text-size": 11.5,
      },
      paint: ink,
    },
    {
      id: "grid-names",
      group: "grids",
      type: "symbol",
      source: "names",
      filter: ["has", "level"],
      layout: {
        ...text,
        "text-size": ["match", ["get", "level"], "city", 17, "county", 15, "town", 13, 12],
        "text-padding": 4,
        "text-variable-anchor": ["center", "top", "bottom", "left", "right"],
        "text-radial-offset": 1.1,
      },
      paint: ink,
    },
    ...marks(shown),
  ];
}
