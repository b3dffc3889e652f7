/** Links into map apps, each in its own coordinate system: the service converts, the phone never does. */

import type { Place } from "./view.ts";

export interface MapLink {
  name: "amap" | "baidu" | "tencent" | "other";
  href: string;
}

/**
 * Amap and Tencent take GCJ-02, Baidu BD-09, and geo: (RFC 5870) is WGS 84. Apple's links do not say which system they
 * read in China, so there is none.
 */
export function mapLinks(at: Partial<Place>, title: string): MapLink[] {
  const found: MapLink[] = [];
  const name = encodeURIComponent(title);
  const { GCJ02: gcj, BD09: bd, WGS84: wgs } = at;
  if (gcj) {
    const position = `${round(gcj.lon)},${round(gcj.lat)}`;
    found.push({
      name: "amap",
      href: `https://uri.amap.com/marker?position=${position}&name=${name}&coordinate=gaode&callnative=1`,
    });
  }
  if (bd) {
    const location = `${round(bd.lat)},${round(bd.lon)}`;
    found.push({
      name: "baidu",
      href: `https://api.map.baidu.com/marker?location=${location}&title=${name}&content=${name}&coord_type=bd09ll&output=html`,
    });
  }
  if (gcj) {
    const marker = `coord:${round(gcj.lat)},${round(gcj.lon)};title:${name}`;
    found.push({ name: "tencent", href: `https://apis.map.qq.com/uri/v1/marker?marker=${marker}` });
  }
  if (wgs) {
    const point = `${round(wgs.lat)},${round(wgs.lon)}`;
    found.push({ name: "other", href: `geo:${point}?q=${point}(${name})` });
  }
  return found;
}

/** About 10 cm. */
function round(degrees: number): string {
  return degrees.toFixed(6);
}
