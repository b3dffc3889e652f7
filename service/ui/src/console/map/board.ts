/** The map itself: MapLibre, told what to show. State of grids is sent apart from their tiles, by their codes. */

import type * as GeoJSON from "geojson";
import {
  type GeoJSONSource,
  Map as GlMap,
  type MapLayerMouseEvent,
  type MapMouseEvent,
  type RasterSourceSpecification,
  ScaleControl,
  setWorkerUrl,
} from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import type { Spot } from "./contract.ts";
import { spot } from "./features.ts";
import { icons } from "./icons.ts";
import { type Group, layers, type Shown } from "./layers.ts";
import { Names } from "./names.ts";
import { unitTint } from "./palette.ts";
import type { BaseMap, Bounds } from "./read.ts";
import { LAYER_OF, sources } from "./tiles.ts";

setWorkerUrl(workerUrl);

/** What is not at hand is drawn with what the system has; there are no fonts to fetch. */
const FONTS =
  '"PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "WenQuanYi Micro Hei", "HarmonyOS Sans SC", sans-serif';
const PADDING = 24;
/** Of the legend, beside which the whole area is to be seen where there is room. */
const LEGEND = 264;

export interface Listener {
  task(id: string): void;
  ground(at: Spot): void;
  pointer(at: Spot): void;
  moved(): void;
  /** Nothing is on its way any more: this is what the map shows. */
  idle(): void;
  failed(what: string): void;
  lost(lost: boolean): void;
}

export interface View {
  center?: [number, number];
  zoom?: number;
}

export class Board {
  readonly map: GlMap;
  #shown: Shown;
  #groups: Set<Group>;
  #tinted = new Set<string>();
  #names = new Names();
  #named = "";
  #states = { reach: new Set<string>(), people: new Set<string>() };

  /** Throws where the browser has no WebGL 2. */
  constructor(place: HTMLElement, shown: Shown, groups: readonly Group[], view: View, listener: Listener) {
    this.#shown = shown;
    this.#groups = new Set(groups);
    const [center, zoom] = [view.center ?? [110.36, 21.2], view.zoom ?? 8.2];
    this.map = new GlMap({
      container: place,
      center: center as [number, number],
      zoom,
      minZoom: 5,
      maxZoom: 19,
      attributionControl: false,
      dragRotate: false,
      touchPitch: false,
      pitchWithRotate: false,
      rollEnabled: false,
      fadeDuration: 0,
      localIdeographFontFamily: FONTS,
      style: {
        version: 8,
        sources: sources(),
        layers: [
          { id: "sea", type: "background", paint: { "background-color": shown.colours.sea } },
          ...layers(shown).map(({ group, ...layer }) => ({
            ...layer,
            layout: { ...layer.layout, visibility: this.#visibility(group) },
          })),
        ] as NonNullable<ConstructorParameters<typeof GlMap>[0]["style"]> extends infer Style
          ? Style extends { layers: infer Layers }
            ? Layers
            : never
          : never,
      },
    });
    this.map.touchZoomRotate.disableRotation();
    this.map.keyboard.disableRotation();
    this.map.addControl(new ScaleControl({ maxWidth: 96 }), "bottom-left");
    for (const { name, image, ratio } of icons(shown.colours))
      this.map.addImage(name, image, { pixelRatio: ratio });
    this.#listen(listener);
  }

  #visibility(group: Group | "always"): "visible" | "none" {
    return group === "always" || this.#groups.has(group) ? "visible" : "none";
  }

  #listen(listener: Listener): void {
    const { map } = this;
    map.on("click", (event: MapMouseEvent) => void this.#clicked(event, listener));
    map.on("mousemove", (event: MapMouseEvent) => listener.pointer(spot(event.lngLat)));
    map.on("moveend", () => listener.moved());
    map.on("idle", () => listener.idle());
    map.on("sourcedata", (event) => {
      if (event.sourceId === "party" && event.isSourceLoaded) this.#tintUnits();
    });
    map.on("error", (event) => listener.failed(event.error?.message ?? ""));
    map.on("webglcontextlost", () => listener.lost(true));
    map.on("webglcontextrestored", () => listener.lost(false));
    const hand = (event: MapLayerMouseEvent) => {
      if (!map.getCanvas().classList.contains("picking"))
        map.getCanvas().style.cursor = event.type === "mouseenter" ? "pointer" : "";
    };
    for (const layer of ["tasks", "clusters"]) {
      map.on("mouseenter", layer, hand);
      map.on("mouseleave", layer, hand);
    }
  }

  async #clicked(event: MapMouseEvent, listener: Listener): Promise<void> {
    const { map } = this;
    if (!map.getCanvas().classList.contains("picking")) {
      const [hit] = map.queryRenderedFeatures(event.point, { layers: ["chosen", "tasks", "clusters"] });
      const id = hit?.properties.id as string | undefined;
      if (id) return listener.task(id);
      const cluster = hit?.properties.cluster_id as number | undefined;
      if (hit && cluster !== undefined && hit.geometry.type === "Point") {
        const zoom = await this.#geojson("tasks").getClusterExpansionZoom(cluster);
        return void map.easeTo({ center: hit.geometry.coordinates as [number, number], zoom: zoom + 0.2 });
      }
    }
    listener.ground(spot(event.lngLat));
  }

  #geojson(id: string): GeoJSONSource {
    const source = this.map.getSource(id);
    if (!source) throw new Error(`no source ${id}`);
    return source as GeoJSONSource;
  }

  set(id: "tasks" | "chosen" | "people" | "members" | "names", features: GeoJSON.FeatureCollection): void {
    void this.#geojson(id).setData(features);
  }

  show(groups: readonly Group[]): void {
    this.#groups = new Set(groups);
    for (const { id, group } of layers(this.#shown))
      this.map.setLayoutProperty(id, "visibility", this.#visibility(group));
  }

  /** Other colours, another language, other areas in emergency: over the tiles that are there. */
  look(shown: Shown): void {
    const before = new Map(layers(this.#shown).map((each) => [each.id, each]));
    const recoloured = shown.colours !== this.#shown.colours;
    this.#shown = shown;
    if (recoloured) for (const { name, image } of icons(shown.colours)) this.map.updateImage(name, image);
    this.map.setPaintProperty("sea", "background-color", shown.colours.sea);
    for (const layer of layers(shown)) {
      const old = before.get(layer.id);
      const changed = (mine: object = {}, theirs: object = {}) =>
        Object.entries(mine).filter(
          ([name, value]) => JSON.stringify(value) !== JSON.stringify(Reflect.get(theirs, name)),
        );
      for (const [name, value] of changed(layer.paint, old?.paint))
        this.map.setPaintProperty(layer.id, name as "fill-color", value);
      for (const [name, value] of changed(layer.layout, old?.layout))
        this.map.setLayoutProperty(layer.id, name as "visibility", value);
    }
    this.#dimBase();
  }

  /** Colour the grids of which something is known; those of which nothing is known any more lose it. */
  state(name: "reach" | "people", values: ReadonlyMap<string, number>, replace: boolean): void {
    const source = { source: "leaves", sourceLayer: LAYER_OF.leaves ?? "" };
    const known = this.#states[name];
    if (replace)
      for (const id of [...known].filter((each) => !values.has(each))) {
        this.map.removeFeatureState({ ...source, id }, name);
        known.delete(id);
      }
    for (const [id, value] of values) {
      this.map.setFeatureState({ ...source, id }, { [name]: value });
      known.add(id);
    }
  }

  #tintUnits(): void {
    const source = { source: "party", sourceLayer: LAYER_OF.party ?? "" };
    for (const each of this.map.querySourceFeatures("party", { sourceLayer: LAYER_OF.party })) {
      const id = String(each.properties.id);
      if (this.#tinted.has(id)) continue;
      this.#tinted.add(id);
      this.map.setFeatureState({ ...source, id }, { tint: unitTint(String(each.properties.unit_code)) });
    }
  }

  /** Pictures from elsewhere under the grids, as the service is set up; darkened by night. */
  under({ layers: addresses }: BaseMap): void {
    addresses.forEach((address, place) => {
      const source: RasterSourceSpecification = {
        type: "raster",
        tiles: [address],
        tileSize: 256,
        maxzoom: 18,
      };
      this.map.addSource(`base-${place}`, source);
      this.map.addLayer({ id: `base-${place}`, type: "raster", source: `base-${place}` }, "land");
    });
    this.#dimBase();
  }

  showBase(shown: boolean): void {
    for (const id of this.#bases()) this.map.setLayoutProperty(id, "visibility", shown ? "visible" : "none");
  }

  #bases(): string[] {
    return this.map.getLayersOrder().filter((each) => each.startsWith("base-"));
  }

  #dimBase(): void {
    const night = this.#shown.colours.sea < "#8";
    for (const id of this.#bases()) {
      this.map.setPaintProperty(id, "raster-brightness-max", night ? 0.45 : 1);
      this.map.setPaintProperty(id, "raster-saturation", night ? -0.5 : -0.2);
    }
  }

  fit([west, south, east, north]: Bounds, animate: boolean): void {
    const room = this.map.getContainer().clientWidth > 3 * LEGEND ? LEGEND : PADDING;
    const padding = { top: PADDING, bottom: PADDING, left: PADDING * 2, right: room };
    this.map.fitBounds([west, south, east, north], { padding, animate });
  }

  /** Where the cross is. */
  middle(): Spot {
    return spot(this.map.getCenter());
  }

  view(): View {
    const { lng, lat } = this.map.getCenter();
    return { center: [lng, lat], zoom: this.map.getZoom() };
  }

  picking(picking: boolean): void {
    const canvas = this.map.getCanvas();
    canvas.classList.toggle("picking", picking);
    canvas.style.cursor = picking ? "crosshair" : "";
    if (picking) this.map.keyboard.disable();
    else this.map.keyboard.enable();
  }

  /** How many grids are to be seen, and of which level; their names are put where they are to be seen. */
  grids(): { count: number; level: string } {
    const seen = (layer: string) =>
      this.map.queryRenderedFeatures({ layers: [layer] }).map(({ geometry, properties }) => ({
        code: String(properties.code),
        // Without a prototype, as the map gives them, they would not get through to its worker.
        properties: { ...properties } as Record<string, string>,
        geometry,
      }));
    const grids = seen("land");
    const features = this.#names.of([...grids, ...seen("party")]);
    const now = features.map((each) => `${each.properties.code}@${each.geometry.coordinates}`).join();
    if (now !== this.#named) this.set("names", { type: "FeatureCollection", features });
    this.#named = now;
    const levels = new Set(grids.map((each) => String(each.properties.level)));
    return {
      count: new Set(grids.map((each) => each.code)).size,
      level: levels.size === 1 ? ([...levels][0] ?? "none") : "none",
    };
  }

  end(): void {
    this.map.remove();
  }
}
