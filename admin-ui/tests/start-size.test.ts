import { expect, test } from "vitest";
import { type Chunk, overBound, startsOf } from "../start-size";

/** Code that gzip cannot make much smaller. */
function noise(length: number): string {
  let seed = 7;
  return Array.from({ length }, () => {
    seed = (seed * 48271) % 2147483647;
    return String.fromCharCode(33 + (seed % 90));
  }).join("");
}

const chunk = (name: string, bytes: number, imports: string[], isEntry = false): Chunk => ({
  fileName: `${name}.js`,
  name,
  code: noise(bytes),
  isEntry,
  imports,
});
const CHUNKS = [
  chunk("list-view", 1500, ["shared.js"]),
  chunk("stream-view", 3000, ["viewer.js", "shared.js"]),
  chunk("viewer", 2500, ["main.js"]),
  chunk("chart", 9000, ["shared.js"]),
  chunk("shared", 2000, ["main.js"]),
  chunk("main", 1000, ["shared.js"], true),
];

test("a start needs the entry, the view and what both import at once; nothing that comes later", async () => {
  const starts = await startsOf(CHUNKS);
  expect(starts.map(({ view, files }) => [view, files.map(({ fileName }) => fileName)])).toEqual([
    ["list-view", ["shared.js", "list-view.js", "main.js"]],
    ["stream-view", ["stream-view.js", "viewer.js", "shared.js", "main.js"]],
  ]);
});

test("a start that is too large says so, with the size of each of its files", async () => {
  const starts = await startsOf(CHUNKS);
  const [list, stream] = starts;
  expect(overBound(starts, stream?.bytes)).toBe(null);
  const said = overBound(starts, list?.bytes) ?? "";
  expect(said).toContain(
    `needs ${stream?.bytes} bytes of JavaScript (gzipped) to start at stream-view; the bound is ${list?.bytes}`,
  );
  for (const { fileName, bytes } of stream?.files ?? []) expect(said).toContain(`${bytes}  ${fileName}`);
  expect(said).not.toContain("start at list-view");
});

test("a view that is not there any more is no start of no bytes", async () => {
  await expect(startsOf(CHUNKS, ["fleet-view"])).rejects.toThrow("no chunk fleet-view");
});
