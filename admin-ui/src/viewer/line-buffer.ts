// The rows that a viewer holds: a bounded window of the stream, so that memory stays flat.

import type { Row } from "./assembler";

export const MAX_ROWS = 50_000;
export const MAX_CHARS = 16 * 1024 * 1024;

const weight = (row: Row) => row.text.length + 64;

export class LineBuffer {
  private rows: Row[] = [];
  private chars = 0;

  constructor(
    private readonly maxRows = MAX_ROWS,
    private readonly maxChars = MAX_CHARS,
  ) {}

  get length(): number {
    return this.rows.length;
  }

  get isFull(): boolean {
    return this.rows.length >= this.maxRows || this.chars >= this.maxChars;
  }

  at(index: number): Row | undefined {
    return this.rows[index];
  }

  /** The offset of the first line held; null while there is none. */
  get firstOffset(): number | null {
    return this.rows.find((row) => row.kind === "line")?.offset ?? null;
  }

  /** The offset of the last line held. */
  get lastOffset(): number | null {
    return this.rows.findLast((row) => row.kind === "line")?.offset ?? null;
  }

  /** Whether a gap that begins at an offset is told by a row that is held. */
  hasGap(offset: number | undefined): boolean {
    return this.rows.some((row) => row.kind === "note" && row.tone === "gap" && row.offset === offset);
  }

  /** Adds rows at the end; returns how many were dropped at the front to make room. */
  append(rows: Row[]): number {
    for (const row of rows) {
      this.rows.push(row);
      this.chars += weight(row);
    }
    let dropped = 0;
    while (this.rows.length - dropped > this.maxRows || this.chars > this.maxChars) {
      const row = this.rows[dropped];
      if (!row) break;
      this.chars -= weight(row);
      dropped += 1;
    }
    if (dropped) this.rows.splice(0, dropped);
    return dropped;
  }

  /** Adds older rows at the front; returns how many were dropped at the end to make room. */
  prepend(rows: Row[]): number {
    for (const row of rows) this.chars += weight(row);
    this.rows = [...rows, ...this.rows];
    let dropped = 0;
    while (this.rows.length > this.maxRows || this.chars > this.maxChars) {
      const row = this.rows.pop();
      if (!row) break;
      this.chars -= weight(row);
      dropped += 1;
    }
    return dropped;
  }

  clear(): void {
    this.rows = [];
    this.chars = 0;
  }

  /** Drops the lines from an offset on: the stream does not have them any more. */
  truncate(offset: number): void {
    const index = this.rows.findIndex((row) => row.kind === "line" && row.offset >= offset);
    if (index < 0) return;
    for (const row of this.rows.splice(index)) this.chars -= weight(row);
  }
}
