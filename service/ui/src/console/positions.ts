/** Where the people of the selected task are, as far as one may see. Each reading is on record, so it is read rarely. */

import { useEffect, useState } from "preact/hooks";
import type { Schemas } from "../shared/client.ts";
import { useDesk } from "./parts.tsx";

export type Position = Schemas["MemberPositionOut"];

const EVERY = 30_000;
/** Milliseconds for which a task has to be selected: who steps past it has not looked. */
const SETTLED = 400;

export function usePositions(): Position[] {
  const { desk, state } = useDesk();
  const { selected, me, touched } = state;
  const [found, keep] = useState<{ task: string; items: Position[] }>({ task: "", items: [] });
  const may = me?.roles.includes("dispatcher") ?? false;
  const engaged = selected
    ? (state.tasks.get(selected)?.seats.filter((each) => each.engagement).length ?? 0)
    : 0;
  useEffect(() => {
    if (!selected || !may || engaged === 0) return;
    let wanted = true;
    const read = async () => {
      if (document.hidden) return;
      const params = { query: { task: selected, limit: 200, crs: "WGS84" as const } };
      const { data } = await desk.call(desk.api.GET("/api/v1/positions", { params }));
      if (wanted && data) keep({ task: selected, items: data.items });
    };
    const first = setTimeout(() => void read(), SETTLED);
    const timer = setInterval(() => void read(), EVERY);
    return () => {
      wanted = false;
      clearTimeout(first);
      clearInterval(timer);
    };
  }, [selected, may, engaged, touched.people]);
  return found.task === selected ? found.items : [];
}
