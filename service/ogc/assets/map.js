// Moves a page's map: it is a still picture without this. The projection is linear in both axes, so that the
// degrees of the frame follow from its box.
"use strict";

const MOST_ZOOM = 64;
const STEP = 1.4;
const NUDGE = 0.15;
const SVG = "http://www.w3.org/2000/svg";

function nice(most) {
  const power = 10 ** Math.floor(Math.log10(most));
  return [5, 2, 1].map((each) => each * power).find((each) => each <= most * (1 + 1e-9));
}

function element(name, attributes, text) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

function ticksBetween(least, most) {
  let step = nice((most - least) / 2);
  while ((most - least) / step > 5) step = nice(step * 2.5);
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const found = [];
  for (let number = Math.ceil(least / step); number <= Math.floor(most / step); number += 1) {
    found.push([number * step, `${Math.abs(number * step).toFixed(digits)}°`]);
  }
  return found;
}

function start(map) {
  const frame = map.querySelector(".frame");
  const ground = map.querySelector(".ground");
  const ticks = map.querySelector(".ticks");
  const bar = map.querySelector(".bar");
  const [, , width, height] = ground.getAttribute("viewBox").split(" ").map(Number);
  const [west, south, east, north] = ["west", "south", "east", "north"].map((side) => Number(map.dataset[side]));
  const metres = (111320 * Math.cos((((south + north) / 2) * Math.PI) / 180) * (east - west)) / width;
  const view = { x: 0, y: 0, zoom: 1 };

  const box = () => ({
    west: west + (view.x / width) * (east - west),
    east: west + ((view.x + width / view.zoom) / width) * (east - west),
    north: north - (view.y / height) * (north - south),
    south: north - ((view.y + height / view.zoom) / height) * (north - south),
  });

  function show() {
    view.zoom = Math.min(Math.max(view.zoom, 1), MOST_ZOOM);
    view.x = Math.min(Math.max(view.x, 0), width - width / view.zoom);
    view.y = Math.min(Math.max(view.y, 0), height - height / view.zoom);
    ground.setAttribute("viewBox", `${view.x} ${view.y} ${width / view.zoom} ${height / view.zoom}`);
    frame.classList.toggle("near", view.zoom > 1);
    const seen = box();
    ticks.replaceChildren();
    for (const [degrees, label] of ticksBetween(seen.west, seen.east)) {
      const x = ((degrees - seen.west) / (seen.east - seen.west)) * width;
      ticks.append(element("path", { d: `M${x},0V${height}` }));
      if (x < width - 64) {
        ticks.append(element("text", { x: x + 5, y: height - 8 }, label + (degrees < 0 ? "W" : "E")));
      }
    }
    for (const [degrees, label] of ticksBetween(seen.south, seen.north)) {
      const y = ((seen.north - degrees) / (seen.north - seen.south)) * height;
      ticks.append(element("path", { d: `M0,${y}H${width}` }));
      // The buttons are above.
      if (y > 64) ticks.append(element("text", { x: 6, y: y - 5 }, label + (degrees < 0 ? "S" : "N")));
    }
    const length = nice((metres / view.zoom) * width * 0.25);
    const pixels = (length / metres) * view.zoom;
    bar.querySelector("path").setAttribute("d", `M${width - 24 - pixels},22v8h${pixels}v-8`);
    bar.querySelector("text").textContent = length >= 1000 ? `${length / 1000} km` : `${length} m`;
  }

  // Zooms by a factor around a place, given as parts of the frame's width and height.
  function zoom(factor, across = 0.5, down = 0.5) {
    const before = view.zoom;
    view.zoom = Math.min(Math.max(before * factor, 1), MOST_ZOOM);
    view.x += across * (width / before - width / view.zoom);
    view.y += down * (height / before - height / view.zoom);
    show();
  }

  function pan(across, down) {
    view.x += (across * width) / view.zoom;
    view.y += (down * height) / view.zoom;
    show();
  }

  function all() {
    view.zoom = 1;
    show();
  }

  function useBox() {
    const field = document.getElementById("by-bbox");
    const seen = box();
    field.value = [seen.west, seen.south, seen.east, seen.north].map((each) => each.toFixed(5)).join(",");
    field.focus();
  }

  frame.tabIndex = 0;
  frame.classList.add("live");
  frame.setAttribute("aria-description", frame.dataset.hint);
  map.querySelector(".controls").hidden = false;

  const actions = { in: () => zoom(STEP), out: () => zoom(1 / STEP), all, box: useBox };
  for (const button of map.querySelectorAll("[data-do]")) {
    button.addEventListener("click", actions[button.dataset.do]);
  }

  const keys = {
    ArrowLeft: () => pan(-NUDGE, 0),
    ArrowRight: () => pan(NUDGE, 0),
    ArrowUp: () => pan(0, -NUDGE),
    ArrowDown: () => pan(0, NUDGE),
    "+": actions.in,
    "=": actions.in,
    "-": actions.out,
    0: all,
  };
  frame.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });

  frame.addEventListener(
    "wheel",
    (event) => {
      // All of it is in view already: let the page scroll.
      if (event.deltaY > 0 && view.zoom === 1) return;
      event.preventDefault();
      const at = frame.getBoundingClientRect();
      const factor = Math.exp(-event.deltaY * 0.0015);
      zoom(factor, (event.clientX - at.left) / at.width, (event.clientY - at.top) / at.height);
    },
    { passive: false },
  );

  let held = null;
  let moved = false;
  frame.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || !event.isPrimary) return;
    held = { x: event.clientX, y: event.clientY };
    moved = false;
  });
  frame.addEventListener("pointermove", (event) => {
    if (held === null) return;
    const [dx, dy] = [event.clientX - held.x, event.clientY - held.y];
    if (!moved && Math.hypot(dx, dy) < 5) return;
    if (!moved) frame.setPointerCapture(event.pointerId);
    moved = true;
    frame.classList.add("dragged");
    const at = frame.getBoundingClientRect();
    pan(-dx / at.width, -dy / at.height);
    held = { x: event.clientX, y: event.clientY };
  });
  for (const end of ["pointerup", "pointercancel"]) {
    frame.addEventListener(end, () => {
      held = null;
      frame.classList.remove("dragged");
    });
  }
  // What ends a drag is no click on a shape; nor is a link dragged away as a link.
  frame.addEventListener(
    "click",
    (event) => {
      if (moved) event.preventDefault();
      moved = false;
    },
    true,
  );
  frame.addEventListener("dragstart", (event) => event.preventDefault());
}

document.querySelectorAll(".map").forEach(start);
