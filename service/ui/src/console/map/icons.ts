/** The map's small pictures, drawn here: pins by shape as well as by colour, and the hatches of gaps and overlaps. */

import type { Urgency } from "./contract.ts";
import type { Palette } from "./palette.ts";

const SIDE = 34;
const RATIO = 2;
export const RANKS: readonly Urgency[] = ["routine", "urgent", "critical"];
const FACES = ["open", "staffed", "under_way", "ended"] as const;
type Face = (typeof FACES)[number];

export interface Icon {
  name: string;
  image: ImageData;
  ratio: number;
}

/** The picture of a task. */
export function iconOf(urgency: Urgency, state: string, drill: boolean): string {
  const face: Face = state === "open" || state === "staffed" || state === "under_way" ? state : "ended";
  return `${drill ? "drill" : urgency}-${face}`;
}

function drawn(side: number, draw: (pen: CanvasRenderingContext2D) => void): ImageData {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = side * RATIO;
  const pen = canvas.getContext("2d");
  if (!pen) throw new Error("no canvas");
  pen.scale(RATIO, RATIO);
  draw(pen);
  return pen.getImageData(0, 0, canvas.width, canvas.height);
}

/** A circle, a diamond, a triangle; a square for drills. */
function outline(pen: CanvasRenderingContext2D, kind: Urgency | "drill", radius: number): void {
  const middle = SIDE / 2;
  pen.beginPath();
  if (kind === "routine") pen.arc(middle, middle, radius * 0.85, 0, 2 * Math.PI);
  else {
    const corners = kind === "critical" ? 3 : 4;
    const turn = kind === "drill" ? Math.PI / 4 : 0;
    const size = kind === "critical" ? radius * 1.22 : radius;
    const drop = kind === "critical" ? 2 : 0;
    for (let corner = 0; corner < corners; corner += 1) {
      const angle = turn - Math.PI / 2 + (corner * 2 * Math.PI) / corners;
      pen.lineTo(middle + size * Math.cos(angle), middle + drop + size * Math.sin(angle));
    }
    pen.closePath();
  }
}

function pin(kind: Urgency | "drill", face: Face, colours: Palette): ImageData {
  const colour = face === "ended" ? colours.ended : kind === "drill" ? colours.drill : colours.pin[kind];
  return drawn(SIDE, (pen) => {
    pen.lineJoin = "round";
    outline(pen, kind, 12);
    pen.strokeStyle = colours.halo;
    pen.lineWidth = 6;
    pen.stroke();
    pen.fillStyle = face === "open" || face === "ended" ? colour : colours.halo;
    pen.fill();
    pen.strokeStyle = colour;
    pen.lineWidth = 3;
    pen.stroke();
    if (face === "under_way") {
      pen.beginPath();
      pen.arc(SIDE / 2, SIDE / 2 + (kind === "critical" ? 2 : 0), 4, 0, 2 * Math.PI);
      pen.fillStyle = colour;
      pen.fill();
    }
  });
}

function cluster(colour: string, colours: Palette): ImageData {
  return drawn(SIDE, (pen) => {
    pen.beginPath();
    pen.arc(SIDE / 2, SIDE / 2, 14, 0, 2 * Math.PI);
    pen.fillStyle = colour;
    pen.fill();
    pen.strokeStyle = colours.halo;
    pen.lineWidth = 2.5;
    pen.stroke();
  });
}

/** Lines aslant; both ways for overlaps. */
function hatch(colour: string, crossed: boolean): ImageData {
  const side = 8;
  return drawn(side, (pen) => {
    pen.strokeStyle = colour;
    pen.globalAlpha = 0.55;
    pen.lineWidth = 1.1;
    pen.beginPath();
    for (const shift of [-side, 0, side]) {
      pen.moveTo(shift - 1, side + 1);
      pen.lineTo(shift + side + 1, -1);
      if (!crossed) continue;
      pen.moveTo(shift - 1, -1);
      pen.lineTo(shift + side + 1, side + 1);
    }
    pen.stroke();
  });
}

function ring(colour: string, colours: Palette): ImageData {
  const side = 52;
  return drawn(side, (pen) => {
    for (const [width, stroke] of [
      [7, colours.halo],
      [3.5, colour],
    ] as const) {
      pen.beginPath();
      pen.arc(side / 2, side / 2, 21, 0, 2 * Math.PI);
      pen.strokeStyle = stroke;
      pen.lineWidth = width;
      pen.stroke();
    }
  });
}

function target(colours: Palette): ImageData {
  return drawn(SIDE, (pen) => {
    for (const [width, stroke] of [
      [6, colours.halo],
      [3, colours.closed],
    ] as const) {
      pen.strokeStyle = stroke;
      pen.lineWidth = width;
      pen.beginPath();
      pen.arc(SIDE / 2, SIDE / 2, 9, 0, 2 * Math.PI);
      for (const [x, y] of [
        [0, -1],
        [1, 0],
        [0, 1],
        [-1, 0],
      ] as const) {
        pen.moveTo(SIDE / 2 + 5 * x, SIDE / 2 + 5 * y);
        pen.lineTo(SIDE / 2 + 15 * x, SIDE / 2 + 15 * y);
      }
      pen.stroke();
    }
  });
}

/** All of them, in these colours. */
export function icons(colours: Palette): Icon[] {
  const found: [string, ImageData][] = [
    ["gap", hatch(colours.gap, false)],
    ["overlap", hatch(colours.overlap, true)],
    ["ring", ring(colours.strong, colours)],
    ["target", target(colours)],
  ];
  for (const kind of [...RANKS, "drill"] as const)
    for (const face of FACES) found.push([`${kind}-${face}`, pin(kind, face, colours)]);
  // Drills rank below all that is real, so that a cluster has their colour where there is nothing else in it.
  found.push(["cluster--1", cluster(colours.drill, colours)]);
  RANKS.forEach((urgency, rank) => {
    found.push([`cluster-${rank}`, cluster(colours.pin[urgency], colours)]);
  });
  return found.map(([name, image]) => ({ name, image, ratio: RATIO }));
}
