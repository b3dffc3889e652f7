/** One try to deliver what stands at the head of the outbox, and what its answer means. */

import type { Schemas } from "../shared/client.ts";
import type { Outcome } from "../shared/outbox.ts";
import { Revoked } from "../shared/session.ts";
import { engagementOf, isCall, request, type Waiting } from "./actions.ts";
import type { App } from "./app.ts";
import { type Words, words } from "./texts.ts";

/** Statuses that are no verdict: the same request may well pass later. */
const LATER = new Set([408, 425, 429]);
const IN_FLIGHT = "/problems/request-in-flight";
const ENGAGEMENTS = "engagements";

interface Problem {
  type?: string;
  title?: string;
  detail?: string;
}

export async function deliver(app: App, items: Waiting[]): Promise<Outcome> {
  const [{ action }] = items as [Waiting, ...Waiting[]];
  const t = words(app.state.language);
  const offer = engagementOf(action);
  try {
    const engagement = offer && (await known(app, offer));
    if (offer && !engagement) return { is: "refused", title: t("refused"), detail: t("lost_seat") };
    const { response, data, error } = await request(app.api, items, engagement);
    if (response.ok) {
      await learn(app, items, data);
      return action.do === "checkin" ? ofCheckins(items, data as Schemas["CheckInsOut"], t) : { is: "done" };
    }
    if (response.status === 401) return { is: "stopped" };
    const problem = (typeof error === "object" ? error : {}) as Problem;
    const isLater = response.status >= 500 || LATER.has(response.status) || problem.type === IN_FLIGHT;
    if (isLater) return { is: "later", after: 1000 * Number(response.headers.get("retry-after") ?? 0) };
    return { is: "refused", title: problem.title ?? t("refused"), detail: problem.detail ?? t("failed") };
  } catch (error) {
    if (error instanceof Revoked) {
      await app.revoked();
      return { is: "stopped" };
    }
    return { is: "later" };
  }
}

/** Check-ins are answered one by one; what became of a call for help, else of the newest, is what the member is told. */
function ofCheckins(items: Waiting[], data: Schemas["CheckInsOut"], t: Words): Outcome {
  const call = data.items.findLast((_, index) => isCall(items[index] as Waiting));
  const last = call ?? data.items.at(-1);
  if (last?.state !== "refused") return { is: "done" };
  const title = call ? (call.heard ? "need_help_sent" : "need_help_unheard") : "location_refused";
  return { is: "refused", title: t(title), detail: last.message ?? "" };
}

/** The engagement that a yes has led to: from what the service said, or from the answer to the yes. */
async function known(app: App, offer: string): Promise<string | undefined> {
  const said = app.state.said.offers.find((each) => each.id === offer)?.engagement?.id;
  return said ?? (await app.memory.get<Record<string, string>>(ENGAGEMENTS))?.[offer];
}

/** Keep what an answer says before the action leaves the queue, so that the screen does not jump back meanwhile. */
async function learn(app: App, items: Waiting[], data: unknown): Promise<void> {
  const [{ action }] = items as [Waiting, ...Waiting[]];
  const { said } = app.state;
  // biome-ignore lint/suspicious/noExplicitAny: which schema it is depends on the action, as `request` says.
  const answer = data as any;
  if (action.do === "duty") await app.keep({ ...said, duty: answer });
  if (action.do === "limits") await app.keep({ ...said, limits: answer });
  if (action.do === "accept" || action.do === "decline") {
    const offers = said.offers.map((each) => (each.id === action.offer ? answer.offer : each));
    await app.keep({ ...said, offers });
    if (answer.engagement) {
      const before = await app.memory.get<Record<string, string>>(ENGAGEMENTS);
      await app.memory.set(ENGAGEMENTS, { ...before, [action.offer]: answer.engagement.id });
    }
  }
  if (action.do === "muster") {
    await app.keep({ ...said, musters: said.musters.map((each) => (each.id === answer.id ? answer : each)) });
  }
  if (action.do === "propose") await app.keep({ ...said, proposed: [...said.proposed, answer] });
  if (action.do === "step" || action.do === "confirm") {
    const offers = said.offers.map((each) =>
      each.id === action.offer ? { ...each, engagement: answer } : each,
    );
    await app.keep({ ...said, offers });
  }
  app.refresh();
}
