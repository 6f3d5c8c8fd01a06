// Lines of two runs beside each other, a block at a time: by their times since each run began, by their numbers, or by
// what they have in common. A block is made of what follows two places, and of nothing else: from the same places it
// is always the same, so blocks that made room can be made again.

import { type Match, matchesOf } from "./diff";
import type { RunLine, RunPlace } from "./run-reader";

export type Align = "diff" | "time" | "line";

export interface Pair {
  /** `gone` is only on the left, `new` only on the right; with no diff there is only `beside`. */
  kind: "same" | "changed" | "gone" | "new" | "beside";
  left: RunLine | null;
  right: RunLine | null;
}

export interface Places {
  left: RunPlace;
  right: RunPlace;
}

export interface Side {
  lines: RunLine[];
  /** Nothing follows them. */
  done: boolean;
}

export interface Block {
  pairs: Pair[];
  /** Where the next block begins; null where there is none. */
  next: Places | null;
}

/** Lines of each run that a block is made of; more of them where few are found on both sides. */
export const BLOCK_LINES = 1000;
export const WIDE_BLOCK_LINES = 4000;
const FEW = 0.1;
const FINE_MS = 100;
const COARSE_MS = 1000;
/** A run of less than this is aligned finely. */
const SHORT_MS = 20_000;

/** Two lines that differ in numbers only have the same one. */
export function withoutNumbers(text: string): string {
  return text.replace(/0x[0-9a-f]+|\d+(?:[.,:_-]\d+)*/gi, "#");
}

/**
 * What of two windows is settled whatever follows: up to the last line that both have, or all of them at the end. A line
 * that both have but for its numbers holds the lines around it together as well, as one that changed.
 */
export function diffBlock(left: Side, right: Side, from: Places, keyOf: (text: string) => string): Block {
  const ended = left.done && right.done;
  const pairs: Pair[] = [];
  let atLeft = 0;
  let atRight = 0;
  const differ = (toLeft: number, toRight: number) => {
    for (; atLeft < toLeft || atRight < toRight; ) {
      const one = atLeft < toLeft ? (left.lines[atLeft++] ?? null) : null;
      const other = atRight < toRight ? (right.lines[atRight++] ?? null) : null;
      pairs.push({ kind: one && other ? "changed" : one ? "gone" : "new", left: one, right: other });
    }
  };
  const anchors = anchorsOf(left, right, keyOf);
  for (const { match, kind } of anchors) {
    const [one, other] = match;
    differ(one, other);
    pairs.push({ kind, left: left.lines[one] ?? null, right: right.lines[other] ?? null });
    atLeft = one + 1;
    atRight = other + 1;
  }
  // Nothing in common as far as one looks: it all differs.
  if (ended || anchors.length === 0) differ(left.lines.length, right.lines.length);
  return { pairs, next: ended ? null : placesAfter(pairs, from) };
}

interface Anchor {
  match: Match;
  kind: "same" | "changed";
}

/** The lines that both have; and between two of them, those that both have but for their numbers. */
function anchorsOf(left: Side, right: Side, keyOf: (text: string) => string): Anchor[] {
  const matched = (
    of: (text: string) => string,
    fromLeft = 0,
    toLeft?: number,
    fromRight = 0,
    toRight?: number,
  ) =>
    matchesOf(
      left.lines.slice(fromLeft, toLeft).map(({ text }) => of(text)),
      right.lines.slice(fromRight, toRight).map(({ text }) => of(text)),
    ).map(([one, other]): Match => [one + fromLeft, other + fromRight]);
  const anchors: Anchor[] = [];
  let atLeft = 0;
  let atRight = 0;
  const between = (toLeft: number, toRight: number) => {
    if (toLeft > atLeft && toRight > atRight)
      for (const match of matched(withoutNumbers, atLeft, toLeft, atRight, toRight))
        anchors.push({ match, kind: "changed" });
  };
  for (const match of matched(keyOf)) {
    between(...match);
    anchors.push({ match, kind: "same" });
    [atLeft, atRight] = [match[0] + 1, match[1] + 1];
  }
  between(left.lines.length, right.lines.length);
  return anchors;
}

/** Whether so little was found on both sides that more lines are worth a look. */
export function isPoor({ pairs }: Block, left: Side, right: Side): boolean {
  const same = pairs.filter(({ kind }) => kind === "same").length;
  return same < FEW * Math.min(left.lines.length, right.lines.length);
}

export function lineBlock(left: Side, right: Side, from: Places): Block {
  const ended = left.done && right.done;
  const lengths = [left, right].map(({ lines, done }) => (done ? Number.POSITIVE_INFINITY : lines.length));
  const rows = Math.min(Math.min(...lengths), Math.max(left.lines.length, right.lines.length));
  const pairs = beside(left.lines.slice(0, rows), right.lines.slice(0, rows));
  return { pairs, next: ended ? null : placesAfter(pairs, from) };
}

/** The finest step of time whose lines are set beside each other. */
export function stepOf(shorterMs: number): number {
  return shorterMs < SHORT_MS ? FINE_MS : COARSE_MS;
}

export function timeBlock(left: Side, right: Side, from: Places, stepMs: number): Block {
  const ended = left.done && right.done;
  const step = (line: RunLine | undefined) => (line ? Math.floor(line.since / stepMs) : 0);
  // The last step of a window may have more lines behind it.
  const bound = ({ lines, done }: Side) => (done ? Number.POSITIVE_INFINITY : step(lines.at(-1)));
  let limit = Math.min(bound(left), bound(right));
  const first = Math.min(
    ...[left, right].filter(({ lines }) => lines.length).map(({ lines }) => step(lines[0])),
  );
  // One step with more lines than a window: it is shown in pieces.
  if (limit <= first) limit = first + 1;
  const pairs: Pair[] = [];
  let atLeft = 0;
  let atRight = 0;
  while (atLeft < left.lines.length || atRight < right.lines.length) {
    const heads = [left.lines[atLeft], right.lines[atRight]].filter((line) => line !== undefined);
    const now = Math.min(...heads.map(step));
    if (!ended && now >= limit) break;
    const ends = [left, right].map(({ lines }, side) => {
      const begin = side === 0 ? atLeft : atRight;
      const stop = lines.findIndex((line, index) => index >= begin && step(line) > now);
      return stop < 0 ? lines.length : stop;
    });
    const [toLeft = 0, toRight = 0] = ends;
    pairs.push(...beside(left.lines.slice(atLeft, toLeft), right.lines.slice(atRight, toRight)));
    atLeft = toLeft;
    atRight = toRight;
  }
  return { pairs, next: ended ? null : placesAfter(pairs, from) };
}

function beside(left: readonly RunLine[], right: readonly RunLine[]): Pair[] {
  return Array.from({ length: Math.max(left.length, right.length) }, (_, index) => ({
    kind: "beside",
    left: left[index] ?? null,
    right: right[index] ?? null,
  }));
}

function placesAfter(pairs: readonly Pair[], from: Places): Places {
  const left = pairs.findLast((pair) => pair.left)?.left;
  const right = pairs.findLast((pair) => pair.right)?.right;
  return {
    left: left ? { offset: left.next, index: left.index + 1 } : from.left,
    right: right ? { offset: right.next, index: right.index + 1 } : from.right,
  };
}
