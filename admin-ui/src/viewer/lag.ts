// How far what a reader has in sight is from the end of its stream.

import { bytes, count } from "../streams/format";
import type { StreamRow } from "../wire/types";
import type { Reach } from "./line-buffer";
import { duration } from "./row-element";

/** What the list of streams knows of a stream's end. */
export type StreamEnd = Pick<StreamRow, "end" | "lines" | "last_at" | "state">;

export interface Lag {
  bytes: number;
  /** Null where nobody has counted them. */
  lines: number | null;
  ms: number;
  /** Nothing comes at that end: it says where one is, and nobody is late. */
  over: boolean;
}

const WORTH_BYTES = 64 * 1024;
const WORTH_MS = 3000;

/** From what was seen last to the stream's newest line. */
export function lagBetween(seen: Reach, stream: StreamEnd): Lag | null {
  if (seen.end === null || stream.end <= seen.end) return null;
  return {
    bytes: stream.end - seen.end,
    lines: seen.lines === null || stream.lines <= seen.lines ? null : stream.lines - seen.lines,
    ms: seen.at === null || stream.last_at === null ? 0 : Math.max(0, stream.last_at - seen.at),
    over: stream.state !== "live",
  };
}

/** How much there is to the end. */
export function lagMuch({ lines, bytes: size }: Lag): string {
  return lines === null ? bytes(size) : `${count(lines)} ${lines === 1 ? "line" : "lines"}`;
}

/** In words; null where it is not worth a word: the list is told once a second, the text at once. */
export function lagWords(lag: Lag | null): string | null {
  if (!lag || (lag.bytes < WORTH_BYTES && lag.ms < WORTH_MS)) return null;
  const much = lagMuch(lag);
  if (lag.over) return `${much} before the end`;
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
