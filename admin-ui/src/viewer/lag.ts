// How far a view is behind the end of its stream.

import { bytes, count } from "../streams/format";
import type { StreamRow } from "../wire/types";
import { duration } from "./row-element";

/** What the list of streams knows of a stream's end. */
export type StreamEnd = Pick<StreamRow, "end" | "lines" | "last_at">;

/** The same of what is held; null where it is not known. */
export interface HeldEnd {
  end: number | null;
  lines: number | null;
  last_at: number | null;
}

export interface Lag {
  bytes: number;
  /** Null where nobody has counted them. */
  lines: number | null;
  ms: number;
}

const WORTH_BYTES = 64 * 1024;
const WORTH_MS = 3000;

export function lagBetween(held: HeldEnd, stream: StreamEnd): Lag | null {
  if (held.end === null || stream.end <= held.end) return null;
  return {
    bytes: stream.end - held.end,
    lines: held.lines === null || stream.lines <= held.lines ? null : stream.lines - held.lines,
    ms: held.last_at === null || stream.last_at === null ? 0 : Math.max(0, stream.last_at - held.last_at),
  };
}

/** In words; null where it is not worth a word: the list is told once a second, the text at once. */
export function lagWords(lag: Lag | null): string | null {
  if (!lag || (lag.bytes < WORTH_BYTES && lag.ms < WORTH_MS)) return null;
  const much = lag.lines === null ? bytes(lag.bytes) : `${count(lag.lines)} lines`;
  return lag.ms < 1000 ? `${much} behind` : `${much}, ${duration(lag.ms)} behind`;
}

/**
 * How many lines a stream has, as far as this page can know: `listed` is told once a second, what came here may be
 * newer. `next` is the number after the last line held, `dropped` lines came behind it and were not kept.
 */
export function linesSoFar(listed: number | undefined, next: number | null, dropped = 0): number | null {
  if (listed === undefined && next === null) return null;
  return Math.max(listed ?? 0, next === null ? 0 : next + dropped);
}
