/** The typed client of the API, made from its OpenAPI document. */

import createClient from "openapi-fetch";
import type { components, paths } from "./api.d.ts";
import type { Session } from "./session.ts";

export type Schemas = components["schemas"];
export type Client = ReturnType<typeof makeClient>;

/** Where the service is, seen from a page that lies one folder deep, without a slash at the end. */
export function rootOf(page: string): string {
  return new URL("..", page).href.replace(/\/$/, "");
}

export function makeClient(session: Pick<Session, "fetch">, root: string) {
  return createClient<paths>({ baseUrl: root, fetch: session.fetch });
}
