import assert from "node:assert/strict";
import { test } from "node:test";
import { inside, Names } from "./names.ts";

const square = (west: number, south: number, side: number) => [
  [west, south],
  [west + side, south],
  [west + side, south + side],
  [west, south + side],
];
const piece = (code: string, west: number, side: number) => ({
  code,
  properties: { code, name: code },
  geometry: { type: "Polygon" as const, coordinates: [square(west, 0, side)] },
});

test("a name stands inside of its grid, also where the grid's middle does not", () => {
  const horseshoe = [
    [0, 0],
    [10, 0],
    [10, 10],
    [8, 10],
    [8, 2],
    [3, 2],
    [3, 10],
    [0, 10],
  ];
  const [x, y] = inside(horseshoe);
  assert.ok(Math.abs(y - 5) < 1e-6);
  assert.ok(x > 0 && x < 3, `${x}`);
});

test("a grid that tiles cut in two has one name, in the larger piece, and keeps it there", () => {
  const names = new Names();
  const found = names.of([piece("A", 0, 1), piece("A", 5, 3), piece("B", 20, 1)]);
  assert.deepEqual(
    found.map((each) => each.properties.code),
    ["A", "B"],
  );
  assert.ok((found[0]?.geometry.coordinates[0] ?? 0) > 5);
  const later = names.of([piece("A", 0, 3.1)]);
  assert.deepEqual(later[0]?.geometry.coordinates, found[0]?.geometry.coordinates);
});
