// By what the list is sorted.

import type { Branch } from "./fleet-tree";
import { stateWord } from "./format";

export type Column =
  | "newest"
  | "name"
  | "state"
  | "rate"
  | "lines"
  | "bytes"
  | "errors"
  | "last"
  | "watchers"
  | "runs";

export interface Order {
  by: Column;
  down: boolean;
}

export const NEWEST: Order = { by: "newest", down: true };

const COLUMNS = new Set<string>([
  "newest",
  "name",
  "state",
  "rate",
  "lines",
  "bytes",
  "errors",
  "last",
  "watchers",
  "runs",
]);
// What needs a person comes first.
const TONES = ["bad", "waiting", "live", "good", "done"];
const names = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

/** Reads `lines` (upwards) or `-lines` (downwards); anything else is the newest first. */
export function parseOrder(text: string): Order {
  const down = text.startsWith("-");
  const by = down ? text.slice(1) : text;
  return COLUMNS.has(by) ? { by: by as Column, down } : NEWEST;
}

export function printOrder({ by, down }: Order): string {
  return by === "newest" && down ? "" : `${down ? "-" : ""}${by}`;
}

/** What a click on a column's head leads to: most first, then least first, then the newest first again. */
export function nextOrder(now: Order, by: Column): Order {
  const first = by !== "name";
  if (now.by !== by) return { by, down: first };
  return now.down === first ? { by, down: !first } : NEWEST;
}

export function compare({ by, down }: Order): (a: Branch, b: Branch) => number {
  const sign = down ? -1 : 1;
  if (by === "name") return (a, b) => sign * names.compare(a.label, b.label);
  const value = VALUES[by];
  // What is equal stands by its name, which does not change.
  return (a, b) => sign * (value(a) - value(b)) || names.compare(a.label, b.label);
}

const VALUES: Record<Exclude<Column, "name">, (branch: Branch) => number> = {
  newest: ({ sums }) => sums.newest,
  state: stateRank,
  rate: ({ sums }) => sums.rate,
  lines: ({ sums }) => sums.lines,
  bytes: ({ sums }) => sums.bytes,
  errors: ({ sums }) => sums.errors ?? -1,
  last: ({ sums }) => sums.lastAt ?? 0,
  watchers: ({ sums }) => sums.watchers,
  runs: ({ sums }) => sums.runs,
};

function stateRank(branch: Branch): number {
  if (branch.kind === "stream")
    return TONES.length - TONES.indexOf(stateWord(branch.row.state, branch.row.status).tone);
  return branch.sums.failed > 0 ? TONES.length : branch.sums.live > 0 ? TONES.length - 2 : 0;
}
