// Where a line is, in one stream or among several that are one text by time, and which of two comes first there.

import type { Row } from "./rows";

export interface RowPlace {
  /** Which of the streams; 0 where there is one. */
  source: number;
  /** Where it begins in its own stream. */
  offset: number;
  /** When it came. */
  at: number;
}

type Timed = Pick<RowPlace, "source" | "at">;

/** The order of rows of several streams: by time, then by stream; those of one stream keep theirs. */
export function compareTimes(a: Timed, b: Timed): number {
  return a.at - b.at || a.source - b.source;
}

export function comparePlaces(a: RowPlace, b: RowPlace): number {
  return a.source === b.source ? a.offset - b.offset : compareTimes(a, b);
}

/** The time from which on the rows of another stream come after a place. */
export function timeAfter(place: Timed, source: number): number {
  return source < place.source ? place.at + 1 : place.at;
}

/** Where a row is; a note without a time has that of the line next to it. */
export function placeOf(row: Row, rows: readonly Row[] = []): RowPlace {
  const { index: source, offset } = row.source ?? { index: 0, offset: row.offset };
  return { source, offset, at: row.at ?? timeNear(rows, row) };
}

export function isAt(row: Row, place: RowPlace): boolean {
  const { index: source, offset } = row.source ?? { index: 0, offset: row.offset };
  return source === place.source && offset === place.offset;
}

function timeNear(rows: readonly Row[], row: Row): number {
  const index = rows.indexOf(row);
  const timed = (each: Row) => each.at !== undefined;
  return (rows.slice(0, Math.max(0, index)).findLast(timed) ?? rows.slice(index + 1).find(timed))?.at ?? 0;
}
