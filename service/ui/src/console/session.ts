/**
 * Who one is to the service: a username and a password give an access token, which lives in memory alone, and a cookie
 * that renews it, which no script can read.
 *
 * Every request goes through `fetch` here. When the session is over, requests wait for the person to log in again.
 */

import type { Language } from "../shared/times.ts";
import { uuid } from "./uuid.ts";

export interface Person {
  username: string;
  password: string;
}

/** The service's own words about why something did not go. */
export interface Problem {
  status: number;
  title: string;
  detail: string;
  type: string;
  errors: { field: string; reason: string }[];
}

const RENEW_BEFORE = 30_000;
const NO_SKEW = 3_000;
const ONCE_MORE_AFTER = 400;
const KNOWN = "vanguard.console.known";

export class Session {
  /** Milliseconds that the server's clock is ahead of this one. */
  skew = 0;
  language: Language;
  #root: string;
  #token = "";
  #until = 0;
  #renewing: Promise<string> | undefined;
  /** Asks the person to log in; settles when they have. */
  #ask: () => Promise<void>;

  constructor(root: string, language: Language, ask: () => Promise<void>) {
    this.#root = root;
    this.language = language;
    this.#ask = ask;
  }

  now(): number {
    return Date.now() + this.skew;
  }

  /** Whether somebody logged in here before, so that it is worth asking for a renewal. */
  get known(): boolean {
    return localStorage.getItem(KNOWN) !== null;
  }

  /** Log in. Gives the problem when the service refuses. Throws what `fetch` throws. */
  async logIn({ username, password }: Person): Promise<Problem | undefined> {
    const answer = await this.#grant({ grant_type: "password", username, password });
    if (!answer.ok) return problemOf(answer);
    await this.#keep(answer);
    localStorage.setItem(KNOWN, "yes");
    return undefined;
  }

  /** Renew by the cookie; false: there is no session any more. */
  async renew(): Promise<boolean> {
    let answer = await this.#grant({ grant_type: "refresh_token" });
    if (answer.status === 401 && this.known) {
      // Another page of this browser may have renewed at this very moment: the cookie is the new one by now.
      await new Promise((done) => setTimeout(done, ONCE_MORE_AFTER));
      answer = await this.#grant({ grant_type: "refresh_token" });
    }
    if (answer.status === 401) {
      localStorage.removeItem(KNOWN);
      return false;
    }
    if (!answer.ok) throw new TypeError(`no token: ${answer.status}`);
    await this.#keep(answer);
    return true;
  }

  async logOut(): Promise<void> {
    const headers = { Authorization: `Bearer ${this.#token}`, "Idempotency-Key": uuid() };
    await this.#send(new Request(`${this.#root}/api/v1/logout`, { method: "POST", headers }));
    localStorage.removeItem(KNOWN);
    this.#token = "";
  }

  /** As the person. Waits for a login where there is no session. Throws what `fetch` throws. */
  fetch = async (request: Request): Promise<Response> => {
    for (;;) {
      const again = request.clone();
      again.headers.set("Authorization", `Bearer ${await this.#valid()}`);
      const answer = await this.#send(again);
      if (answer.status !== 401) return answer;
      this.#token = "";
    }
  };

  async #valid(): Promise<string> {
    if (this.#token && Date.now() < this.#until - RENEW_BEFORE) return this.#token;
    this.#renewing ??= this.#anew().finally(() => {
      this.#renewing = undefined;
    });
    return this.#renewing;
  }

  async #anew(): Promise<string> {
    while (!(this.known && (await this.renew())) && !this.#token) await this.#ask();
    return this.#token;
  }

  async #keep(answer: Response): Promise<void> {
    const { access_token, expires_in } = (await answer.json()) as {
      access_token: string;
      expires_in: number;
    };
    this.#token = access_token;
    this.#until = Date.now() + expires_in * 1000;
  }

  #grant(form: Record<string, string>): Promise<Response> {
    const headers = { "X-Refresh-Cookie": "true" };
    const body = new URLSearchParams(form);
    return this.#send(new Request(`${this.#root}/api/v1/token`, { method: "POST", body, headers }));
  }

  async #send(request: Request): Promise<Response> {
    request.headers.set("Accept-Language", this.language === "zh" ? "zh-Hans" : "en");
    // Without it a browser may answer a 401 with a login box of its own.
    request.headers.set("X-Requested-With", "console");
    const answer = await fetch(request, { cache: "no-store" });
    const date = answer.headers.get("date");
    if (date) {
      const ahead = Date.parse(date) + 500 - Date.now();
      this.skew = Math.abs(ahead) > NO_SKEW ? ahead : 0;
    }
    return answer;
  }
}

/** What a refusal says. */
export async function problemOf(answer: Response): Promise<Problem> {
  const said = (await answer.json().catch(() => ({}))) as Partial<Problem>;
  return {
    status: answer.status,
    title: said.title ?? String(answer.status),
    detail: said.detail ?? answer.statusText,
    type: said.type ?? "",
    errors: said.errors ?? [],
  };
}

/** What is said when nothing came back. */
export function unreachable(language: Language): Problem {
  const zh = language === "zh";
  return {
    status: 0,
    type: "",
    errors: [],
    title: zh ? "没有送达" : "Not sent",
    detail: zh
      ? "与服务的连接断了。请稍后再试。"
      : "There is no connection to the service. Try again in a moment.",
  };
}
