// Streams as a tree by the `/` in their names, with sums for each folder.

import type { StreamRow } from "../wire/types";
import { isFailed } from "./fleet-filter";
import { type OwnPart, ownParts } from "./own-part";

export interface Sums {
  streams: number;
  live: number;
  failed: number;
  lines: number;
  bytes: number;
  /** Of the streams that somebody looked at for errors; null where that are none. */
  errors: number | null;
  rate: number;
  watchers: number;
  runs: number;
  lastAt: number | null;
  /** The place of the newest run among all, as the list counts them. */
  newest: number;
}

export interface Leaf {
  kind: "stream";
  id: string;
  /** What is shown of the name, below its folder. */
  label: string;
  /** What of the label tells it from the streams beside it; not there until its folder is shown. */
  own?: OwnPart | null;
  row: StreamRow;
  sums: Sums;
}

export interface Folder {
  kind: "folder";
  /** Its path with a `/` at its end, which no stream's name has. */
  id: string;
  label: string;
  children: Branch[];
  sums: Sums;
  /** The order in which the children stand; empty when they are to be sorted again. */
  order: string;
}

export type Branch = Leaf | Folder;

export interface Source {
  get(name: string): StreamRow | undefined;
  orderOf(name: string): number;
}

interface Growing {
  folders: Map<string, Growing>;
  leaves: Leaf[];
}

/** Makes the tree; folders with only one thing in them are drawn as one with it. */
export function growTree(rows: Iterable<StreamRow>, flat: boolean): Folder {
  const root: Growing = { folders: new Map(), leaves: [] };
  for (const row of rows) {
    const name = row.stream;
    let place = root;
    let from = 0;
    for (let at = flat ? -1 : name.indexOf("/"); at >= 0; at = name.indexOf("/", from)) {
      const part = name.slice(from, at + 1);
      let next = place.folders.get(part);
      if (!next) {
        next = { folders: new Map(), leaves: [] };
        place.folders.set(part, next);
      }
      place = next;
      from = at + 1;
    }
    place.leaves.push({ kind: "stream", id: name, label: name.slice(from), row, sums: noSums() });
  }
  return { kind: "folder", id: "", label: "", children: branches(root, ""), sums: noSums(), order: "" };
}

function branches(place: Growing, path: string): Branch[] {
  const found: Branch[] = place.leaves;
  for (const [part, folder] of place.folders) {
    const children = branches(folder, path + part);
    const only = children.length === 1 ? children[0] : undefined;
    if (only) {
      only.label = part + only.label;
      found.push(only);
    } else {
      found.push({ kind: "folder", id: path + part, label: part, children, sums: noSums(), order: "" });
    }
  }
  return found;
}

function noSums(): Sums {
  return {
    streams: 0,
    live: 0,
    failed: 0,
    lines: 0,
    bytes: 0,
    errors: null,
    rate: 0,
    watchers: 0,
    runs: 0,
    lastAt: null,
    newest: 0,
  };
}

/** Takes the values of now into the whole tree; a stream that is gone keeps its last ones. */
export function sumUp(branch: Branch, source: Source): Sums {
  const sums = branch.sums;
  if (branch.kind === "stream") {
    branch.row = source.get(branch.id) ?? branch.row;
    const row = branch.row;
    sums.streams = 1;
    sums.live = row.state === "live" ? 1 : 0;
    sums.failed = isFailed(row) ? 1 : 0;
    sums.lines = row.lines;
    sums.bytes = row.bytes;
    sums.errors = row.errors;
    sums.rate = row.state === "live" ? row.lines_per_s : 0;
    sums.watchers = row.watchers;
    sums.runs = row.run;
    sums.lastAt = row.last_at;
    sums.newest = source.orderOf(branch.id);
    return sums;
  }
  Object.assign(sums, noSums());
  for (const child of branch.children) {
    const part = sumUp(child, source);
    sums.streams += part.streams;
    sums.live += part.live;
    sums.failed += part.failed;
    sums.lines += part.lines;
    sums.bytes += part.bytes;
    if (part.errors !== null) sums.errors = (sums.errors ?? 0) + part.errors;
    sums.rate += part.rate;
    sums.watchers += part.watchers;
    sums.runs += part.runs;
    if (part.lastAt !== null && (sums.lastAt === null || part.lastAt > sums.lastAt))
      sums.lastAt = part.lastAt;
    if (part.newest > sums.newest) sums.newest = part.newest;
  }
  return sums;
}

/** Takes note of what tells the streams in a folder from each other, if it is not known yet. */
export function tellApart(folder: Folder): void {
  const leaves = folder.children.filter((child) => child.kind === "stream");
  if (leaves[0] === undefined || leaves[0].own !== undefined) return;
  const parts = ownParts(leaves.map(({ label }) => label));
  leaves.forEach((leaf, index) => {
    leaf.own = parts[index] ?? null;
  });
}

/** Forgets in what order the branches stand. */
export function unsort(folder: Folder): void {
  folder.order = "";
  for (const child of folder.children) if (child.kind === "folder") unsort(child);
}

/** Iterates over the folders, the root left out. */
export function* foldersIn(folder: Folder): Generator<Folder> {
  for (const child of folder.children) {
    if (child.kind !== "folder") continue;
    yield child;
    yield* foldersIn(child);
  }
}
