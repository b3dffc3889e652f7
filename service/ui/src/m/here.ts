/** Where the phone is: asked for only when the member has said yes to it here, before the browser asks. */

import type { Point } from "./actions.ts";

/** Metres. Some phones say 0, which no receiver reaches. */
const BEST_ACCURACY = 1;

export type Trouble = "denied" | "failed";

/** Whether the browser has already been told no, so that asking again shows nothing. */
export async function isDenied(): Promise<boolean> {
  if (!("geolocation" in navigator)) return true;
  try {
    return (await navigator.permissions.query({ name: "geolocation" })).state === "denied";
  } catch {
    return false;
  }
}

/** The position now. The first call makes the browser ask. */
export function locate(): Promise<Point | Trouble> {
  if (!("geolocation" in navigator)) return Promise.resolve("denied");
  return new Promise((done) => {
    navigator.geolocation.getCurrentPosition(
      ({ coords }) =>
        done({
          lon: coords.longitude,
          lat: coords.latitude,
          accuracy: Math.max(coords.accuracy, BEST_ACCURACY),
        }),
      (error) => done(error.code === error.PERMISSION_DENIED ? "denied" : "failed"),
      { enableHighAccuracy: true, timeout: 20_000, maximumAge: 15_000 },
    );
  });
}
