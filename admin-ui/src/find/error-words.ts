// How many errors a stream is said to have.

import { wholeClock } from "../numbers/clock";
import { count, timeOfDay } from "../streams/format";
import type { FinderState } from "./finder";

/** Streams of which no more is kept are counted whole as soon as they are opened: the hub looks through it in 0.1 s. */
export const COUNTED_AT_ONCE_BYTES = 8 * 1024 * 1024;

const DAY_MS = 86_400_000;

export type Counted = Pick<FinderState, "hits" | "whole" | "since">;

/**
 * Only what is known: that none was seen in what is held does not mean that there is none. While the page is `apart`
 * from the live end nobody counts what comes there.
 */
export function errorWords({ hits, whole, since }: Counted, apart: boolean, now: number): string {
  if (whole) return errors(hits, apart);
  if (since) return `${errors(since.hits, apart)} since ${clock(since.at, now)}`;
  return hits === 0 ? "Errors" : errors(hits, true);
}

/** The same at length: what was counted, in words for the text. */
export function errorTitle(counted: Counted, text = "this stream"): string {
  return `${countedIn(counted, text)}. A trace is one error. The list and the statistics go by the first word for a level in a line, in all that ever came.`;
}

function countedIn({ whole, since }: Counted, text: string): string {
  if (whole) return `Counted in all that is kept of ${text}`;
  if (since) return `Counted in the lines since ${wholeClock(since.at)}, not in what is kept from before`;
  return "Counted in the lines that this page has seen";
}

function errors(hits: number, more: boolean): string {
  return `${count(hits)}${more ? "+" : ""} ${hits === 1 && !more ? "error" : "errors"}`;
}

/** A time of today as that, else with its day. */
function clock(at: number, now: number): string {
  return now - at < DAY_MS / 2 ? timeOfDay(at) : wholeClock(at);
}
