// The list under the pointer: rows keep their places there, so that a click meets what it aimed at.

import type { StreamRow } from "../wire/types";

export interface Shown {
  rows: StreamRow[];
  /** Rows that wait until the pointer is gone. */
  waiting: number;
}

export class HeldList {
  private held: StreamRow[] | null = null;
  private shown: StreamRow[] = [];

  hold(): void {
    this.held ??= this.shown;
  }

  release(): void {
    this.held = null;
  }

  /** What to show of `rows`: while held, the rows of then in their order, with the values of now. */
  show(rows: StreamRow[]): Shown {
    if (!this.held) {
      this.shown = rows;
      return { rows, waiting: 0 };
    }
    const current = new Map(rows.map((row) => [row.stream, row]));
    const kept = this.held.map((row) => current.get(row.stream) ?? row);
    const names = new Set(kept.map((row) => row.stream));
    return { rows: kept, waiting: rows.filter((row) => !names.has(row.stream)).length };
  }
}
