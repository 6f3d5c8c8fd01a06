// Lines that are fetched back: the hub's answers as rows, without a hole between them and the rows that are held.

import { exact } from "../streams/format";
import type { LineRow, LinesAnswer, StreamLinesParams } from "../wire/types";
import { compare, gapNote, goneNote, type Note, type Row, type TextLine } from "./rows";
import type { Runs } from "./runs";
import type { Target } from "./target";

/** Asks the hub. `epoch`: of whom the offset is; null for the stream as it is now, by default of what is held. */
export type Ask = (
  from: StreamLinesParams["from"],
  before: boolean,
  count: number,
  epoch?: number | null,
) => Promise<LinesAnswer>;

/** The stream does not have the place that somebody wants to see. */
export class NoSuchPlace extends Error {}

/** A piece of the stream as rows. */
export interface Piece {
  rows: Row[];
  epoch: number;
  /** Where the rows end. An unfinished last line of the stream is not among them: it may grow. */
  next: number;
  /** How many LFs come before `next`; null where nobody said. */
  line: number | null;
  /** Whether the stream had no more when it was asked. */
  atEnd: boolean;
  /** The stream was cut: what was held from here on is not its text any more. */
  truncated?: number;
}

export const PAGE = 500;
const ABOVE = 200;
/** Answers are cut at their size, not at a count, where lines are long: so often more is asked for. */
const MOST_CALLS = 60;
/** What is fetched of a gap takes the place of other rows that are held: not too much at once. */
const MOST_FOR_A_GAP = 8;

export class History {
  constructor(
    private readonly ask: Ask,
    private readonly runs: Runs,
  ) {}

  /** The rows before the line at `first`, in order. The hub cuts long answers: what it left out is asked for. */
  async before(first: number): Promise<Piece> {
    const rows: Row[] = [];
    let answer = await this.ask(first, true, PAGE);
    let from = first;
    for (let calls = 0; calls < MOST_CALLS; calls++) {
      // Lines before the cut were told: where it is, says what comes after it.
      if (answer.truncate !== undefined) return cut(await this.ask(from, false, 1));
      const fresh = placed(answer).filter((row) => row.offset < first);
      rows.push(...fresh);
      if (calls > 0 && fresh.length === 0) break;
      from = answer.next[1];
      if (from >= first) break;
      answer = await this.ask(from, false, PAGE);
    }
    if (!rows.length) rows.push(goneNote(first));
    const begin = rows[0]?.offset ?? first;
    return {
      rows: this.withRuns(rows, begin, first),
      epoch: answer.next[0],
      next: first,
      line: null,
      atEnd: false,
    };
  }

  /** The last rows of the stream, as far as they are whole lines. */
  async last(count: number): Promise<Piece> {
    const above = await this.ask("end", true, count);
    const begin = above.lines[0]?.offset ?? above.next[1];
    let piece = this.piece(begin, above, Number.POSITIVE_INFINITY);
    const unfinished = piece.rows.at(-1);
    if (unfinished?.kind === "line" && unfinished.partial) {
      const line = unfinished.line ?? null;
      piece = { ...piece, rows: piece.rows.slice(0, -1), next: unfinished.offset, line };
    }
    // What the answer had no room for, and what came meanwhile.
    for (let calls = 0; calls < MOST_FOR_A_GAP && !piece.atEnd; calls++) {
      const more = await this.after(piece.next, PAGE, piece.epoch);
      if (more.truncated !== undefined) return more;
      piece = { ...more, rows: [...piece.rows, ...more.rows], line: more.line ?? piece.line };
    }
    return piece;
  }

  /** Some rows from `from` on, which is where a line begins. */
  async after(from: number, count = PAGE, epoch?: number): Promise<Piece> {
    return this.piece(from, await this.ask(from, false, count, epoch), count);
  }

  /** The rows around a place: whole lines, some above the line that holds it. `epoch`: when the place was seen. */
  async around(offset: number, epoch: number | null = null): Promise<Piece> {
    const above = await this.ask(offset, true, ABOVE, epoch);
    if (above.truncate !== undefined) throw await this.nowhere(offset, epoch);
    const begin = above.lines[0]?.offset ?? above.next[1];
    let piece = this.piece(begin, above, Number.POSITIVE_INFINITY);
    for (let calls = 0; calls < MOST_CALLS; calls++) {
      const more = await this.after(piece.next, PAGE, piece.epoch);
      if (more.truncated !== undefined) return more;
      piece = { ...more, rows: [...piece.rows, ...more.rows] };
      if (more.atEnd || more.next > offset) break;
    }
    return piece;
  }

  /**
   * What the hub has of a gap, from where its first line begins: some of it where it is large, and a smaller gap
   * behind that. `next` is where the rows end, which may be in the line that the gap ended in.
   */
  async missing(gap: Note, from: number): Promise<Piece> {
    const to = gap.to ?? gap.offset;
    let piece = await this.after(from);
    const rows: Row[] = [];
    for (let calls = 1; ; calls++) {
      if (piece.truncated !== undefined) return piece;
      rows.push(...piece.rows.filter((row) => row.offset < to));
      if (piece.next >= to || piece.atEnd || calls >= MOST_FOR_A_GAP) break;
      piece = await this.after(piece.next);
    }
    const end = Math.max(to, ...rows.slice(-1).map((row) => (row.kind === "line" ? row.end : to)));
    if (piece.next < to) {
      if (piece.next <= from) throw new Error("the hub has nothing of this any more");
      rows.push(gapNote(piece.next, to, gap.reason ?? "unknown", gap.at));
    }
    return { ...piece, rows, next: end, line: null };
  }

  /** The rows around a line that is known by its number, and where it begins; of lines not kept any more, the next. */
  async aroundLine(line: number): Promise<{ piece: Piece; offset: number }> {
    const first = Math.max(0, line - ABOVE);
    const count = line - first + PAGE;
    const answer = await this.ask({ line: first }, false, count);
    let piece = this.piece(answer.lines[0]?.offset ?? answer.next[1], answer, count);
    let at = answer.lines.find((row) => row.line >= line)?.offset;
    if (at === undefined && !piece.atEnd) {
      // Long lines: the answer was full before it came to this one.
      piece = await this.after(piece.next, PAGE, piece.epoch);
      at = piece.rows.find((row) => row.kind === "line" && (row.line ?? 0) >= line)?.offset ?? piece.next;
    }
    if (at === undefined) {
      const last = answer.lines.at(-1) ?? (await this.ask("end", true, 1)).lines.at(-1);
      throw new NoSuchPlace(
        `there is no line ${exact(line + 1)} yet: ${lineCount(last ? last.line + 1 : 0)} so far`,
      );
    }
    return { piece, offset: at };
  }

  /** Where the first line begins that was received at or after a time. */
  async offsetAt(at: number): Promise<number> {
    const answer = await this.ask({ at }, false, 1);
    return answer.lines[0]?.offset ?? answer.next[1];
  }

  /** How many LFs come before a place where a line begins. */
  async lineAt(offset: number): Promise<number> {
    const [here] = (await this.ask(offset, false, 1)).lines;
    if (here && here.offset === offset) return here.line;
    const last = (await this.ask(offset, true, 1)).lines.at(-1);
    return last ? last.line + (last.partial ? 0 : 1) : 0;
  }

  private async nowhere(offset: number, epoch: number | null): Promise<NoSuchPlace> {
    const [now, end] = (await this.ask(offset, false, 1, epoch)).next;
    if (epoch !== null && now !== epoch)
      return new NoSuchPlace("what was there is gone: the stream was cut or made anew since");
    return new NoSuchPlace(`there is no offset ${exact(offset)}: the stream ends at ${exact(end)}`);
  }

  private piece(from: number, answer: LinesAnswer, count: number): Piece {
    if (answer.truncate !== undefined) return cut(answer);
    const atEnd = !answer.truncated && answer.lines.length < count && count !== Number.POSITIVE_INFINITY;
    const rows = placed(answer);
    let next = answer.next[1];
    const last = rows.at(-1);
    let line = last?.kind === "line" && last.line !== undefined ? last.line + (last.partial ? 0 : 1) : null;
    if (atEnd && last?.kind === "line" && last.partial) {
      rows.pop();
      next = last.offset;
      line = last.line ?? null;
    }
    return { rows: this.withRuns(rows, from, next), epoch: answer.next[0], next, line, atEnd };
  }

  private withRuns(rows: Row[], from: number, to: number): Row[] {
    const notes = this.runs.notes(from, to);
    return notes.length ? [...rows, ...notes].sort(compare) : rows;
  }
}

/** The rows around a place, and the offset of the row that was meant. `runs` has to know the run that is asked for. */
export async function findPlace(
  history: History,
  runs: Runs,
  target: Target,
): Promise<{ piece: Piece; offset: number }> {
  if (target.kind === "line") return history.aroundLine(target.line);
  const offset = await offsetOf(history, runs, target);
  return { piece: await history.around(offset, target.kind === "offset" ? target.epoch : null), offset };
}

async function offsetOf(history: History, runs: Runs, target: Target): Promise<number> {
  if (target.kind === "offset") return target.offset;
  if (target.kind === "time") return history.offsetAt(target.at);
  if (target.kind !== "run") return 0;
  const run = runs.numbered(target.run);
  if (!run) throw new Error(`there is no run ${target.run} of this stream`);
  return run.start;
}

/** What an answer from a place on says of the cut before that place: it begins there. */
function cut(answer: LinesAnswer): Piece {
  const [epoch, next] = answer.next;
  const from = Math.min(
    next,
    ...answer.lines.map((row) => row.offset),
    ...answer.gaps.map(({ gap }) => gap[0]),
  );
  return { rows: [], epoch, next: from, line: null, atEnd: false, truncated: from };
}

function lineCount(count: number): string {
  return `${exact(count)} ${count === 1 ? "line" : "lines"}`;
}

function placed(answer: LinesAnswer): Row[] {
  const gaps = answer.gaps.map(({ gap: [from, to], reason }) => gapNote(from, to, reason));
  const lines = answer.lines.map(textLine);
  return gaps.length ? [...lines, ...gaps].sort(compare) : lines;
}

function textLine({ line, offset, text, at, cut: isCut, bytes, partial, rest, ch }: LineRow): TextLine {
  const row: TextLine = {
    kind: "line",
    offset,
    end: offset + bytes + (partial ? 0 : 1),
    text: `${rest ? "… " : ""}${text}${isCut ? ` … (${bytes} bytes)` : ""}`,
    at,
    line,
  };
  if (partial) row.partial = true;
  if (ch !== undefined) row.ch = ch;
  return row;
}
