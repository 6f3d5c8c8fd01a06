// The rows that a viewer holds: a bounded window of the stream, so that memory stays flat.

import { breaksNumbers, compare, type Note, type Row } from "./rows";

export const MAX_ROWS = 20_000;
export const MAX_CHARS = 16 * 1024 * 1024;

const weight = (row: Row) => row.text.length + 64;

/** Up to where rows go; null where it is not known. */
export interface Reach {
  end: number | null;
  /** The number of lines up to there. */
  lines: number | null;
  /** When the last of them came. */
  at: number | null;
}

export class LineBuffer {
  private rows: Row[] = [];
  private chars = 0;
  private readonly notes = new Set<string>();

  constructor(
    readonly maxRows = MAX_ROWS,
    private readonly maxChars = MAX_CHARS,
  ) {}

  get length(): number {
    return this.rows.length;
  }

  get isFull(): boolean {
    return this.rows.length >= this.maxRows || this.chars >= this.maxChars;
  }

  get all(): readonly Row[] {
    return this.rows;
  }

  at(index: number): Row | undefined {
    return this.rows[index];
  }

  /** Where the rows held begin; null while there are none. */
  get firstOffset(): number | null {
    return this.rows[0]?.offset ?? null;
  }

  /** Where the rows held end. */
  get endOffset(): number | null {
    return this.reach(this.rows.length - 1).end;
  }

  /** The number after the last line held. */
  get nextLine(): number | null {
    return this.reach(this.rows.length - 1).lines;
  }

  /** Up to where the rows go that end with the one at an index. */
  reach(index: number): Reach {
    const last = this.rows[index];
    if (!last) return { end: null, lines: null, at: null };
    let before = index;
    while (before > 0 && this.rows[before]?.kind === "note") before--;
    const line = this.rows[before];
    const counted = line?.kind === "line" && line.line !== undefined;
    return {
      end: last.kind === "line" ? last.end : (last.to ?? last.offset),
      lines: counted ? (line.line as number) + (line.partial ? 0 : 1) : null,
      at: line?.kind === "line" ? line.at : null,
    };
  }

  /** Index of the first row that is not before `row`. */
  indexOf(row: Row): number {
    return lowerBound(this.rows, row);
  }

  /** The first row that a gap concerns: the line that it cuts, or itself. */
  cutBy(gap: Note): Row {
    const line = this.rows[this.indexOf(gap) - 1];
    return line?.kind === "line" && line.partial && line.end === gap.offset ? line : gap;
  }

  /** Index of the row that holds the byte at `offset`, or of the one nearest to it. */
  indexAt(offset: number): number {
    const after = this.rows.findIndex((row) => row.offset > offset);
    const index = after < 0 ? this.rows.length - 1 : after - 1;
    return Math.max(0, index);
  }

  /**
   * Gives lines their numbers from the one that begins at `offset` up to where one has a number, or bytes are missing
   * whose lines nobody counted. Where that line had to make room, those after it are not known by it.
   */
  number(offset: number, first: number): void {
    let line = first;
    const from = this.rows.findIndex((row) => row.kind === "line" && row.offset >= offset);
    if (this.rows[from]?.offset !== offset) return;
    for (const row of this.rows.slice(from)) {
      if (row.kind === "note" ? breaksNumbers(row) : row.line !== undefined) return;
      if (row.kind === "note") continue;
      row.line = line;
      if (!row.partial) line += 1;
    }
  }

  /** Rows that are not told already: the same note may come from two sides. */
  unseen(rows: Row[]): Row[] {
    return rows.filter((row) => row.kind === "line" || !this.notes.has(row.key));
  }

  /** Adds rows at the end; returns those that were dropped at the front to make room. */
  append(rows: Row[]): Row[] {
    for (const row of rows) {
      this.rows.push(row);
      this.enter(row);
    }
    return this.trim(true);
  }

  /** Adds older rows at the front; returns those that were dropped at the end to make room. */
  prepend(rows: Row[]): Row[] {
    for (const row of rows) this.enter(row);
    this.rows = rows.concat(this.rows);
    return this.trim(false);
  }

  /**
   * Puts rows in the place of those from `first` on that begin before `to`: what was fetched of a gap. Makes room at
   * the end that is farther away; returns whether newer rows had to go.
   */
  replace(first: Row, to: number, rows: Row[]): boolean {
    const before = this.rows.slice(0, this.indexOf(first));
    const after = this.rows.slice(before.length).filter((row) => row.offset >= to);
    this.leave(this.rows.slice(before.length, this.rows.length - after.length));
    for (const row of rows) this.enter(row);
    const nearEnd = after.length < before.length;
    this.rows = [...before, ...rows, ...after];
    this.trim(nearEnd);
    return !nearEnd && this.rows.at(-1) !== (after.at(-1) ?? rows.at(-1));
  }

  /** Drops the last row. */
  pop(): void {
    this.leave(this.rows.splice(-1));
  }

  clear(): void {
    this.rows = [];
    this.chars = 0;
    this.notes.clear();
  }

  /** Drops what is from an offset on: the stream does not have it any more. What a line has before it stays. */
  truncate(offset: number): void {
    const index = this.rows.findIndex((row) =>
      row.kind === "line" ? row.end > offset : row.offset > offset,
    );
    if (index < 0) return;
    const [first] = this.leave(this.rows.splice(index));
    if (first?.kind !== "line" || first.offset >= offset) return;
    const kept = new TextDecoder().decode(
      new TextEncoder().encode(first.text).subarray(0, offset - first.offset),
    );
    this.append([{ ...first, text: kept, end: offset, partial: true }]);
  }

  /** Drops rows at one end until the bounds are kept to. */
  private trim(front: boolean): Row[] {
    let count = 0;
    let chars = this.chars;
    while (this.rows.length - count > this.maxRows || chars > this.maxChars) {
      const row = this.rows[front ? count : this.rows.length - 1 - count];
      if (!row) break;
      chars -= weight(row);
      count += 1;
    }
    if (count === 0) return [];
    return this.leave(front ? this.rows.splice(0, count) : this.rows.splice(this.rows.length - count));
  }

  private enter(row: Row): void {
    this.chars += weight(row);
    if (row.kind === "note") this.notes.add((row as Note).key);
  }

  private leave(rows: Row[]): Row[] {
    for (const row of rows) {
      this.chars -= weight(row);
      if (row.kind === "note") this.notes.delete(row.key);
    }
    return rows;
  }
}

/** Index of the first of sorted rows that is not before `row`. */
export function lowerBound(rows: readonly Row[], row: Row): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compare(rows[middle] as Row, row) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
