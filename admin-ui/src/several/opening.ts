// Where the merged text begins to be shown.

import type { RowPlace } from "../viewer/row-place";
import type { Target } from "../viewer/target";
import type { MergeSource } from "./merge-source";
import { FIRST_ROWS } from "./merger";

/** A place that somebody asks for, or a row that was found. */
export type Opening = Target | { kind: "row"; place: RowPlace };

/** Opens a stream there; one that nobody knows yet is waited for. */
export async function openAt(source: MergeSource, opening: Opening): Promise<void> {
  try {
    await opened(source, opening);
  } catch (error) {
    if ((error as { code?: string }).code !== "NOTFOUND") throw error;
    source.openEmpty();
  }
}

function opened(source: MergeSource, opening: Opening): Promise<void> {
  switch (opening.kind) {
    case "end":
      return source.openEnd(FIRST_ROWS);
    case "start":
      return source.openTime(0);
    case "time":
      return source.openTime(opening.at);
    case "row":
      return source.openPlace(opening.place);
    default:
      throw new Error("here are lines of several streams: say a time, start or end");
  }
}
