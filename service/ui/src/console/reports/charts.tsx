/** Small charts of their own: attributes of SVG alone, which a strict policy allows; each says in words what it shows. */

import { clock, day, type Language } from "../../shared/times.ts";
import { duration, share, ticks, whens } from "./figures.ts";
import type { Point } from "./read.ts";

export interface Bar {
  key: string;
  label: string;
  tasks: number;
  median: number | null;
  p90: number | null;
}

const LABELS = 190;
const WIDTH = 860;
const FIGURES = 190;
const ROW = 26;
const TOP = 20;

/** A row a group: the bar to the median, the line to the 90th percentile; in the order given. */
export function Bars({ bars, label, language }: { bars: readonly Bar[]; label: string; language: Language }) {
  const marks = ticks(Math.max(1, ...bars.map((each) => each.p90 ?? each.median ?? 0)));
  const most = marks.at(-1) ?? 1;
  const x = (seconds: number) => LABELS + (seconds / most) * (WIDTH - LABELS - FIGURES);
  const height = TOP + bars.length * ROW + 4;
  return (
    <svg class="rep-chart" viewBox={`0 0 ${WIDTH} ${height}`} role="img" aria-label={label}>
      {marks.map((each) => (
        <g key={each}>
          <line class="rep-rule" x1={x(each)} x2={x(each)} y1={TOP - 4} y2={height} />
          <text class="rep-tick" x={x(each)} y={11} text-anchor="middle">
            {each === 0 ? "0" : duration(each, language)}
          </text>
        </g>
      ))}
      {bars.map((bar, place) => {
        const middle = TOP + place * ROW + ROW / 2;
        const [median, p90] = [bar.median ?? 0, bar.p90 ?? bar.median ?? 0];
        return (
          <g key={bar.key}>
            <text class="rep-label" x={LABELS - 8} y={middle + 4.5} text-anchor="end">
              {cut(bar.label, language)}
            </text>
            {bar.median !== null && (
              <>
                <rect
                  class="rep-bar"
                  x={x(0)}
                  y={middle - 7}
                  width={Math.max(2, x(median) - x(0))}
                  height={14}
                  rx={2}
                />
                <path
                  class="rep-whisker"
                  d={`M${x(median)} ${middle}H${x(p90)}M${x(p90)} ${middle - 5}V${middle + 5}`}
                />
              </>
            )}
            <text class="rep-figure" x={WIDTH} y={middle + 4.5} text-anchor="end">
              {duration(bar.median, language)}
              {bar.p90 !== null && ` / ${duration(bar.p90, language)}`}
            </text>
          </g>
        );
      })}
    </svg>
  );
}

function cut(label: string, language: Language): string {
  const most = language === "zh" ? 13 : 25;
  return label.length > most ? `${label.slice(0, most - 1)}…` : label;
}

export interface Part {
  key: string;
  label: string;
  count: number;
}

/** One bar of all parts, and below it what each is, in words. */
export function Stack({ parts, label }: { parts: readonly Part[]; label: string }) {
  const all = parts.reduce((sum, each) => sum + each.count, 0);
  let from = 0;
  return (
    <>
      <svg class="rep-stack" viewBox="0 0 1000 30" preserveAspectRatio="none" role="img" aria-label={label}>
        {parts.map((each, place) => {
          const x = (1000 * from) / all;
          from += each.count;
          return (
            <rect
              key={each.key}
              class={`rep-part-${place % 6}`}
              x={x}
              y={0}
              width={(1000 * each.count) / all}
              height={30}
            />
          );
        })}
      </svg>
      <ul class="rep-keys">
        {parts.map((each, place) => (
          <li key={each.key}>
            <svg class="rep-key" viewBox="0 0 12 12" aria-hidden="true">
              <rect class={`rep-part-${place % 6}`} width={12} height={12} rx={2} />
            </svg>
            {each.label} <strong>{each.count}</strong>
          </li>
        ))}
      </ul>
    </>
  );
}

const TALL = 170;
const LEFT = 46;
/** So near to an end a time stands beside its place, not under it. */
const EDGE = 40;

/** A line of shares over time; the scale is always the whole of 0 to 100 %, lest a small change look large. */
export function Line({
  points,
  label,
  language,
}: {
  points: readonly Point[];
  label: string;
  language: Language;
}) {
  const [first, last] = [points[0], points.at(-1)];
  if (!first || !last) return null;
  const span = Math.max(1, last.at - first.at);
  const x = (at: number) => LEFT + ((at - first.at) / span) * (WIDTH - LEFT - 10);
  const y = (part: number) => 10 + (1 - part) * (TALL - 40);
  const path = points
    .map(
      (each, place) =>
        `${place ? "L" : "M"}${x(each.at).toFixed(1)} ${y(each.covered / Math.max(1, each.leaves)).toFixed(1)}`,
    )
    .join("");
  return (
    <svg class="rep-chart" viewBox={`0 0 ${WIDTH} ${TALL}`} role="img" aria-label={label}>
      {[0, 0.25, 0.5, 0.75, 1].map((part) => (
        <g key={part}>
          <line class="rep-rule" x1={LEFT} x2={WIDTH - 10} y1={y(part)} y2={y(part)} />
          <text class="rep-tick" x={LEFT - 6} y={y(part) + 4} text-anchor="end">
            {share(part, 1)}
          </text>
        </g>
      ))}
      {whens(first.at, last.at).map((at) => (
        <g key={at}>
          <line class="rep-rule" x1={x(at)} x2={x(at)} y1={y(0)} y2={y(0) + 5} />
          <text
            class="rep-tick"
            x={x(at)}
            y={TALL - 8}
            text-anchor={x(at) < LEFT + EDGE ? "start" : x(at) > WIDTH - EDGE ? "end" : "middle"}
          >
            {new Date(at).getHours() === 0 ? day(at, language) : clock(at, language)}
          </text>
        </g>
      ))}
      <path class="rep-area" d={`${path}L${x(last.at)} ${y(0)}L${x(first.at)} ${y(0)}Z`} />
      <path class="rep-line" d={path} />
    </svg>
  );
}
