/**
 * Who one is to the service: the phone's token gives short-lived access tokens, which live in memory alone.
 * Every request of the app goes through `fetch` here: it carries the token and the language, renews a token that ran
 * out, and reads the server's clock off the answers.
 */

/** The service knows this phone's token no longer. */
export class Revoked extends Error {}

export interface Access {
  /** The service's address without a slash at the end, such as "" or "https://example.cn/vanguard". */
  root: string;
  deviceToken(): Promise<string | undefined>;
  language(): string;
}

const RENEW_BEFORE = 30_000;
/** Milliseconds of difference between the two clocks that are taken for the network's, not the clock's. */
const NO_SKEW = 3_000;

export class Session {
  /** Milliseconds that the server's clock is ahead of the phone's. */
  skew = 0;
  #access: Access;
  #token = "";
  #until = 0;
  #renewing: Promise<string> | undefined;

  constructor(access: Access) {
    this.#access = access;
  }

  /** Milliseconds since 1970 by the server's clock. */
  now(): number {
    return Date.now() + this.skew;
  }

  /** Forget the access token: the next request asks for a new one. */
  forget(): void {
    this.#token = "";
    this.#renewing = undefined;
  }

  /** A valid access token. Throws Revoked, and what `fetch` throws. */
  async token(): Promise<string> {
    if (this.#token && Date.now() < this.#until - RENEW_BEFORE) return this.#token;
    this.#renewing ??= this.#renew().finally(() => {
      this.#renewing = undefined;
    });
    return this.#renewing;
  }

  async #renew(): Promise<string> {
    const device = await this.#access.deviceToken();
    if (!device) throw new Revoked();
    const body = new URLSearchParams({ grant_type: "refresh_token", refresh_token: device });
    const answer = await this.send(
      new Request(`${this.#access.root}/api/v1/token`, { method: "POST", body }),
    );
    if (answer.status === 401 || answer.status === 422) throw new Revoked();
    if (!answer.ok) throw new TypeError(`no token: ${answer.status}`);
    const { access_token, expires_in } = (await answer.json()) as {
      access_token: string;
      expires_in: number;
    };
    this.#token = access_token;
    this.#until = Date.now() + expires_in * 1000;
    return access_token;
  }

  /** As the enrolled member. Throws Revoked, and what `fetch` throws. */
  fetch = async (request: Request): Promise<Response> => {
    const again = request.clone();
    const first = await this.send(request, await this.token());
    if (first.status !== 401) return first;
    this.forget();
    return this.send(again, await this.token());
  };

  /** As anybody, or with a token. */
  async send(request: Request, token?: string): Promise<Response> {
    request.headers.set("Accept-Language", this.#access.language());
    if (token) request.headers.set("Authorization", `Bearer ${token}`);
    const answer = await fetch(request, { cache: "no-store" });
    this.#readClock(answer.headers.get("date"));
    return answer;
  }

  #readClock(date: string | null): void {
    if (!date) return;
    const ahead = Date.parse(date) + 500 - Date.now();
    this.skew = Math.abs(ahead) > NO_SKEW ? ahead : 0;
  }
}
