/**
 * Where the map's vector tiles come from: the service's own, fetched as everything else is, with the token of whoever
 * looks. A scheme of one's own keeps the token away from every other address, a base map's for one.
 */

import { addProtocol, type SourceSpecification } from "maplibre-gl";

export const SCHEME = "vanguard";

export type Fetch = (request: Request) => Promise<Response>;

let current: { root: string; fetch: Fetch } | undefined;

/** Fetch tiles from this service, as this caller. */
export function fetchTilesWith(root: string, fetch: Fetch): void {
  if (!current) addProtocol(SCHEME, load);
  current = { root, fetch };
}

async function load({ url }: { url: string }, { signal }: AbortController): Promise<{ data: ArrayBuffer }> {
  if (!current) throw new Error("nobody to fetch with");
  const address = `${current.root}/ogc/collections/${url.slice(SCHEME.length + 3)}`;
  const answer = await current.fetch(new Request(address, { signal }));
  // What the caller may not read is not on their map; nothing is broken.
  if (answer.status === 403) return { data: new ArrayBuffer(0) };
  if (!answer.ok) throw new Error(`${answer.status}`);
  return { data: await answer.arrayBuffer() };
}

function tiles(collection: string, query = "", deepest = 16): SourceSpecification {
  return {
    type: "vector",
    tiles: [`${SCHEME}://${collection}/tiles/WebMercatorQuad/{z}/{y}/{x}${query}`],
    minzoom: 5,
    maxzoom: deepest,
    promoteId: "id",
  };
}

const NOTHING = { type: "FeatureCollection" as const, features: [] };

/** `leaves` are the smallest grids at every zoom: what is known of each is sent apart, by its code. */
export function sources(): Record<string, SourceSpecification> {
  return {
    grids: tiles("governance_grids"),
    leaves: tiles("governance_grids", "?level=leaf", 14),
    party: tiles("party_grids", "", 14),
    overlay: tiles("overlay", "", 14),
    gaps: tiles("gaps", "", 14),
    overlaps: tiles("overlaps", "", 14),
    links: tiles("links", "", 12),
    tasks: {
      type: "geojson",
      data: NOTHING,
      cluster: true,
      clusterRadius: 38,
      clusterMaxZoom: 12,
      clusterProperties: { worst: ["max", ["get", "rank"]], drills: ["+", ["case", ["get", "drill"], 1, 0]] },
    },
    names: { type: "geojson", data: NOTHING },
    chosen: { type: "geojson", data: NOTHING },
    people: { type: "geojson", data: NOTHING },
    members: { type: "geojson", data: NOTHING },
  };
}

/** The layer within the tiles of each source. */
export const LAYER_OF: Record<string, string> = {
  grids: "governance_grids",
  leaves: "governance_grids",
  party: "party_grids",
  overlay: "overlay",
  gaps: "gaps",
  overlaps: "overlaps",
  links: "links",
};
