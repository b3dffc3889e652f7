/** What a page of the console beside the desk is given. */

import type { Client } from "../shared/client.ts";
import type { Language } from "../shared/times.ts";

export interface PageProps {
  /** The typed client; asks to log in again by itself when the session has ended. */
  api: Client;
  /** For what is no JSON, such as files: the service's address without a slash at the end, and fetch with the token. */
  root: string;
  fetch(request: Request): Promise<Response>;
  language: Language;
  night: boolean;
  /** Milliseconds since 1970 by the server's clock. */
  now(): number;
  /** Goes up by one when something happened that the page may want to read anew. */
  news: number;
}
