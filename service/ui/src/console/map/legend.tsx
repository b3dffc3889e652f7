/** The legend: it explains each layer and turns it on and off. */

import type { ComponentChildren } from "preact";
import { useMemo } from "preact/hooks";
import { clock } from "../../shared/times.ts";
import type { ActiveArea, Level, Urgency } from "./contract.ts";
import { icons, RANKS } from "./icons.ts";
import { type Heat, type Members, MINUTES } from "./known.ts";
import type { Group } from "./layers.ts";
import { palette, STEPS } from "./palette.ts";
import type { Words } from "./words.ts";

export interface LegendProps {
  t: Words;
  night: boolean;
  shown: readonly Group[];
  open: boolean;
  onOpen(open: boolean): void;
  onToggle(group: Group, on: boolean): void;
  activations: readonly ActiveArea[];
  /** undefined: there is none. */
  base: boolean | undefined;
  onBase(on: boolean): void;
  heat: Heat;
  members: Members;
}

export function Legend(props: LegendProps) {
  const { t, night, shown, open } = props;
  const colours = palette(night);
  const pictures = useMemo(() => pictured(night), [night]);
  const row = (group: Group, sign: ComponentChildren, more?: ComponentChildren) => (
    <Row
      key={group}
      label={t(group)}
      on={shown.includes(group)}
      sign={sign}
      onToggle={(on) => props.onToggle(group, on)}
    >
      {more}
    </Row>
  );
  const levels = [...new Set(props.activations.map((each) => each.level))].sort();
  return (
    <section class="map-legend" aria-label={t("legend")} data-open={open}>
      <button type="button" class="map-legend-head" aria-expanded={open} onClick={() => props.onOpen(!open)}>
        {t("legend")}
        <span aria-hidden="true">{open ? "▾" : "▸"}</span>
      </button>
      {open && (
        <ul>
          {row("tasks", <Picture of={pictures.get("critical-open")} />, <Pins t={t} pictures={pictures} />)}
          {row(
            "activations",
            <Swatch colour={colours.level.I} />,
            <Keys>
              {levels.length === 0 && <span>{t("none_now")}</span>}
              {levels.map((level: Level) => (
                <span key={level}>
                  <Swatch colour={colours.level[level]} /> {t("level", { level })}
                </span>
              ))}
            </Keys>,
          )}
          {row("members", <Dot colour={colours.person} />, <MembersPart t={t} members={props.members} />)}
          {row("heat", <Swatch colour={colours.heat[3] ?? ""} />, <HeatPart {...props} />)}
          {row("grids", <Line colour={colours.line} />)}
          {row("party", <Swatch colour={colours.units[0] ?? ""} />, <span>{t("party_lead")}</span>)}
          {row("overlay", <Line colour={colours.overlay} />, <span>{t("overlay_lead")}</span>)}
          {row("gaps", <Picture of={pictures.get("gap")} />, <span>{t("gaps_lead")}</span>)}
          {row("overlaps", <Picture of={pictures.get("overlap")} />, <span>{t("overlaps_lead")}</span>)}
          {row(
            "links",
            <Line colour={colours.link} thick />,
            <span>
              <Line colour={colours.closed} thick dashed /> {t("link_closed")}
            </span>,
          )}
          {props.base !== undefined && (
            <Row
              label={t("base")}
              on={props.base}
              sign={<Swatch colour={colours.sea} />}
              onToggle={props.onBase}
            />
          )}
        </ul>
      )}
    </section>
  );
}

function Row(given: {
  label: string;
  on: boolean;
  sign: ComponentChildren;
  onToggle: (on: boolean) => void;
  children?: ComponentChildren;
}) {
  return (
    <li>
      <label>
        <input
          type="checkbox"
          checked={given.on}
          onChange={(event) => given.onToggle(event.currentTarget.checked)}
        />
        <span class="map-sign" aria-hidden="true">
          {given.sign}
        </span>
        {given.label}
      </label>
      {given.on && given.children && <div class="map-more">{given.children}</div>}
    </li>
  );
}

function Pins({ t, pictures }: { t: Words; pictures: Map<string, string> }) {
  return (
    <Keys>
      {RANKS.toReversed().map((urgency: Urgency) => (
        <span key={urgency}>
          <Picture of={pictures.get(`${urgency}-open`)} /> {t(urgency)}
        </span>
      ))}
      <span>
        <Picture of={pictures.get("drill-open")} /> {t("drill")}
      </span>
      {(["open", "staffed", "under_way"] as const).map((state) => (
        <span key={state}>
          <Picture of={pictures.get(`routine-${state}`)} /> {t(state)}
        </span>
      ))}
    </Keys>
  );
}

function HeatPart({ t, heat, night }: LegendProps) {
  const colours = palette(night);
  const steps = STEPS.map((from, place) => {
    const next = STEPS[place + 1];
    return next === undefined ? `${from}+` : `${from}–${next - 1}`;
  });
  return (
    <>
      <fieldset class="map-choice">
        <legend class="map-unseen">{t("heat")}</legend>
        {MINUTES.map((minutes) => (
          <label key={minutes} data-on={heat.minutes === minutes}>
            <input
              type="radio"
              name="map-minutes"
              checked={heat.minutes === minutes}
              onChange={() => heat.choose(minutes)}
            />
            {t("heat_minutes", { count: minutes })}
          </label>
        ))}
      </fieldset>
      <ol class="map-ramp">
        {[t("heat_none"), ...steps].map((label, place) => (
          <li key={label}>
            <Swatch colour={colours.heat[place] ?? ""} />
            {label}
          </li>
        ))}
      </ol>
      <Report
        t={t}
        failed={heat.failed}
        onAgain={heat.again}
        text={
          heat.busy
            ? t("heat_busy", { done: heat.busy.done, all: heat.busy.all || "…" })
            : heat.done && t("heat_at", { time: clock(heat.done.at, "zh"), count: heat.done.grids })
        }
        busy={heat.busy !== undefined}
      />
    </>
  );
}

function MembersPart({ t, members }: { t: Words; members: Members }) {
  const { busy, done, failed, again } = members;
  const text = busy
    ? t("members_busy")
    : done && t("members_at", { time: clock(done.at, "zh"), count: done.all, exact: done.exact });
  return (
    <>
      <p>{t("members_lead")}</p>
      <Report t={t} failed={failed} onAgain={again} text={text} busy={busy} />
    </>
  );
}

function Report(given: { t: Words; failed?: string; text?: string; busy: boolean; onAgain: () => void }) {
  const { t, failed, text, busy, onAgain } = given;
  return (
    <p class="map-report" role="status">
      {failed === undefined ? text : t("failed", { what: failed })}{" "}
      {!busy && (
        <button type="button" onClick={onAgain}>
          {failed === undefined ? t("again") : t("retry")}
        </button>
      )}
    </p>
  );
}

function Keys({ children }: { children: ComponentChildren }) {
  return <div class="map-keys">{children}</div>;
}

/** The attributes of SVG, unlike styles, are what a strict policy lets one compute. */
function Swatch({ colour }: { colour: string }) {
  return (
    <svg class="map-swatch" viewBox="0 0 16 16" aria-hidden="true">
      <rect x="1" y="1" width="14" height="14" rx="3" fill={colour} />
    </svg>
  );
}

function Dot({ colour }: { colour: string }) {
  return (
    <svg class="map-swatch" viewBox="0 0 16 16" aria-hidden="true">
      <circle cx="8" cy="8" r="5" fill={colour} />
    </svg>
  );
}

function Line({ colour, thick, dashed }: { colour: string; thick?: boolean; dashed?: boolean }) {
  return (
    <svg class="map-swatch" viewBox="0 0 16 16" aria-hidden="true">
      <path
        d="M0 8H16"
        stroke={colour}
        stroke-width={thick ? 4 : 2}
        stroke-dasharray={dashed ? "4 2" : undefined}
      />
    </svg>
  );
}

function Picture({ of }: { of: string | undefined }) {
  return <img class="map-picture" src={of} alt="" />;
}

/** The map's own pictures, for the page. */
function pictured(night: boolean): Map<string, string> {
  return new Map(
    icons(palette(night)).map(({ name, image }) => {
      const tiled = name === "gap" || name === "overlap";
      const canvas = document.createElement("canvas");
      canvas.width = tiled ? image.width * 2 : image.width;
      canvas.height = tiled ? image.height * 2 : image.height;
      const pen = canvas.getContext("2d");
      for (let x = 0; x < canvas.width; x += image.width)
        for (let y = 0; y < canvas.height; y += image.height) pen?.putImageData(image, x, y);
      return [name, canvas.toDataURL()] as const;
    }),
  );
}
