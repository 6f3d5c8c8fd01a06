// How many errors a stream is said to have.

import { count } from "../streams/format";
import type { FinderState } from "./finder";

/** Only what is known: that none was seen in what is held does not mean that there is none. */
export function errorWords({ hits, whole }: Pick<FinderState, "hits" | "whole">): string {
  if (hits === 0 && !whole) return "Errors";
  return `${count(hits)}${whole ? "" : "+"} ${hits === 1 && whole ? "error" : "errors"}`;
}
