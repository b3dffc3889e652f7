/** The three panes: tasks, map, and the selected task or the new one. */

import { useRef } from "preact/hooks";
import { Divider } from "./divider.tsx";
import { Lazy } from "./lazy.tsx";
import { TaskList } from "./list.tsx";
import type { MapProps, PersonPin } from "./map/contract.ts";
import { useDesk } from "./parts.tsx";
import { usePositions } from "./positions.ts";
import { PostPane } from "./post/pane.tsx";
import { TaskPane } from "./task/pane.tsx";
import { engagements, offers, passes } from "./tasks.ts";

const loadMap = () => import("./map/pane.tsx");

export function Workplace() {
  const { desk, state, t } = useDesk();
  const { left, right } = state.prefs;
  const place = useRef<HTMLElement>(null);
  return (
    <main
      class="workplace"
      ref={place}
      style={{ gridTemplateColumns: `${left}fr auto ${Math.max(0.1, 1 - left - right)}fr auto ${right}fr` }}
    >
      <TaskList />
      <Divider
        label={t("resize_left")}
        value={left}
        within={place}
        side="left"
        onChange={(share) => desk.prefer({ left: share })}
      />
      <MapPlace />
      <Divider
        label={t("resize_right")}
        value={right}
        within={place}
        side="right"
        onChange={(share) => desk.prefer({ right: share })}
      />
      <section class="details" id="details" aria-label={t(state.posting ? "post_title" : "details")}>
        {state.posting ? <PostPane /> : <TaskPane />}
      </section>
    </main>
  );
}

function MapPlace() {
  const { desk, state, t, language } = useDesk();
  const people = usePeople();
  const props: MapProps = {
    tasks: [...state.tasks.values()]
      .filter((each) => passes(each, { ...state.filter, text: "" }))
      .map(({ id, location, urgency, state: standing, drill }) => ({
        id,
        lon: location.lon,
        lat: location.lat,
        urgency: urgency as MapProps["tasks"][number]["urgency"],
        state: standing,
        drill,
      })),
    people,
    activations: state.activations
      .filter((each) => each.state === "live")
      .map((each) => ({ area: each.area, level: each.level as MapProps["activations"][number]["level"] })),
    selected: state.selected,
    onSelect: (id) => desk.select(id),
    picking: state.posting && state.picking,
    picked: state.posting ? state.draft.place : null,
    onPick: (spot) => desk.pick(spot),
    look: state.look,
    night: desk.night,
    language,
    root: desk.root,
    fetch: desk.session.fetch,
  };
  return (
    <section class="map-place" aria-label={t("map")}>
      <Lazy load={loadMap} props={props} />
    </section>
  );
}

/** The people of the selected task, where they may be shown. */
function usePeople(): PersonPin[] {
  const { state } = useDesk();
  const found = usePositions();
  const task = state.selected ? state.tasks.get(state.selected) : undefined;
  if (!task) return [];
  const states = new Map([
    ...offers(task).map((each) => [each.member_id, each.state] as const),
    ...engagements(task).map((each) => [each.member_id, each.state] as const),
  ]);
  return found.flatMap(({ member_id, name, position, precision }) =>
    position
      ? [
          {
            id: member_id,
            name: name ?? "",
            lon: position.lon,
            lat: position.lat,
            exact: precision === "exact",
            state: states.get(member_id) ?? "",
          },
        ]
      : [],
  );
}
