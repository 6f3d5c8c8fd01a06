// The lines of one run, from any place on.

import { plainText } from "../viewer/ansi";
import { gapNote } from "../viewer/rows";
import type { LinesAnswer, RunRow, StreamLinesParams } from "../wire/types";

export interface RunLine {
  /** Which one of the run, from 0. */
  index: number;
  offset: number;
  /** Where what follows it begins. */
  next: number;
  text: string;
  /** Milliseconds since the run began. */
  since: number;
  /** What stands for bytes that are missing. */
  gap?: boolean;
  ch?: string;
}

/** A place in a run: where a line begins, and which one it is. */
export interface RunPlace {
  offset: number;
  index: number;
}

export interface RunPiece {
  lines: RunLine[];
  /** Nothing of the run comes after these lines, as far as it has come. */
  done: boolean;
}

export type AskLines = (params: StreamLinesParams) => Promise<LinesAnswer>;

/** Answers are cut at their size where lines are long: so often more is asked for. */
const MOST_CALLS = 20;

export class RunReader {
  constructor(
    private readonly stream: string,
    readonly run: RunRow,
    private readonly ask: AskLines,
  ) {}

  get start(): RunPlace {
    return { offset: this.run.start, index: 0 };
  }

  /** Up to `count` lines from a place on. */
  async read(from: RunPlace, count: number): Promise<RunPiece> {
    const lines: RunLine[] = [];
    let { offset } = from;
    let done = false;
    for (let calls = 0; calls < MOST_CALLS && lines.length < count && !done; calls++) {
      const wanted = count - lines.length;
      const answer = await this.ask({ stream: this.stream, from: offset, count: wanted });
      const next = answer.next[1];
      this.add(lines, answer, from.index, wanted);
      const end = this.run.end ?? Number.POSITIVE_INFINITY;
      done = next >= end || next <= offset || (!answer.truncated && answer.lines.length < wanted);
      offset = next;
    }
    return { lines, done };
  }

  private add(lines: RunLine[], answer: LinesAnswer, first: number, wanted: number): void {
    const { began_at, end } = this.run;
    const gaps = answer.gaps.map(({ gap: [from, to], reason }) => ({ offset: from, from, to, reason }));
    const rows = [...answer.lines.slice(0, wanted), ...gaps].sort((a, b) => a.offset - b.offset);
    for (const row of rows) {
      if (end !== null && row.offset >= end) return;
      const index = first + lines.length;
      const { offset } = row;
      if ("from" in row) {
        const since = lines.at(-1)?.since ?? 0;
        const { text } = gapNote(row.from, row.to, row.reason);
        lines.push({ index, offset, next: row.to, text, since, gap: true });
        continue;
      }
      const text = plainText(row.text) + (row.cut ? ` … (${row.bytes} bytes)` : "");
      const next = offset + row.bytes + (row.partial ? 0 : 1);
      const line: RunLine = { index, offset, next, text, since: Math.max(0, row.at - began_at) };
      if (row.ch !== undefined) line.ch = row.ch;
      lines.push(line);
    }
  }
}
