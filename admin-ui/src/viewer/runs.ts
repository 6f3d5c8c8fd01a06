// The runs of a stream: where each began and ended, as rows between the lines.

import { isFailure } from "../streams/format";
import type { RunRow } from "../wire/types";
import type { OverviewMark } from "./overview";
import { endNote, type Note, runNote } from "./rows";

export class Runs {
  private rows: RunRow[] = [];

  set(rows: RunRow[]): void {
    this.rows = rows;
  }

  /** The run with a number. */
  numbered(run: number): RunRow | undefined {
    return this.rows.find((row) => row.run === run);
  }

  /** When the run that a place belongs to began. */
  beganAt(offset: number): number | null {
    return this.rows.findLast((row) => row.start <= offset)?.began_at ?? null;
  }

  began(run: number, start: number, at: number): void {
    if (this.numbered(run)) return;
    const row = { run, start, end: null, began_at: at, ended_at: null, status: null, cause: null };
    this.rows.push({ ...row, lines: 0, bytes: 0, meta: {} });
  }

  ended(run: number, end: number, status: string | null, cause: string | null): void {
    const row = this.numbered(run);
    if (row) Object.assign(row, { end, status, cause });
  }

  /** Where runs begin and where they failed, for an overview. */
  marks(): OverviewMark[] {
    const begins = this.rows
      .filter((row) => row.start > 0)
      .map((row) => ({ offset: row.start, tone: "run" }));
    const failed = this.rows.filter((row) => row.end !== null && isFailure(row));
    return [...begins, ...failed.map((row) => ({ offset: row.end ?? 0, tone: "failed" }))];
  }

  /** The notes of runs that begin in [from, to) or end in (from, to]; that the stream begins needs no word. */
  notes(from: number, to: number): Note[] {
    const notes: Note[] = [];
    for (const { run, start, end, began_at, ended_at, status, cause } of this.rows) {
      if (start > 0 && start >= from && start < to) notes.push(runNote(run, start, began_at));
      if (end !== null && end > from && end <= to)
        notes.push(endNote(run, end, { status, cause }, ended_at ?? undefined));
    }
    return notes;
  }
}
