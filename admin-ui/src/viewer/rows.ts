// What a viewer shows: lines of text, and notes between them that say what happened to the stream.

import { type HowEnded, isFailure } from "../streams/format";

/** Which stream a row is of, where rows of several are in one view: its offset is its place in the view then. */
export interface RowSource {
  index: number;
  name: string;
  /** What tells it from the others in a few letters. */
  label: string;
  /** Where the row is in its own stream. */
  offset: number;
}

export interface TextLine {
  kind: "line";
  offset: number;
  /** Offset after the line and its LF. */
  end: number;
  text: string;
  at: number;
  /** How many LFs come before it; not there until the hub has told. */
  line?: number;
  /** `err` for standard error. */
  ch?: string;
  /** Without an LF: unfinished, or cut by a gap. */
  partial?: boolean;
  source?: RowSource;
}

export type Tone = "gap" | "run" | "end" | "failed" | "truncated";

export interface Note {
  kind: "note";
  tone: Tone;
  text: string;
  offset: number;
  /** The same happening has the same key, whoever tells of it. */
  key: string;
  at?: number;
  /** Where a gap ends. */
  to?: number;
  /** Why it is one, in the hub's word. */
  reason?: string;
  /** Whether the hub may still have the bytes of a gap. */
  fetchable?: boolean;
  source?: RowSource;
}

export type Row = TextLine | Note;

const RANKS: Record<Tone, number> = { end: 0, failed: 0, truncated: 1, gap: 2, run: 3 };

/** The order of rows: by place; at one place the end of a run, what is missing, the next run, the line. */
export function compare(a: Row, b: Row): number {
  return a.offset - b.offset || rank(a) - rank(b);
}

function rank(row: Row): number {
  return row.kind === "line" ? 4 : RANKS[row.tone];
}

/** Whether a row has some of the bytes between two places in it. */
export function holds(row: Row, { from, to }: { from: number; to: number }): boolean {
  return row.offset <= to && (row.kind === "line" ? row.end > from : row.offset >= from);
}

const REASONS: Record<string, string> = {
  retention: "not kept any more",
  producer_skip: "the producer gave them up",
  store_loss: "the hub's store lost them",
  corrupt: "damaged in the hub's store",
  lag: "this page was too slow for them",
  filter: "left out by a filter",
};

/** Bytes that the hub never had or has no more cannot be fetched; what only this page lacks can. */
const FETCHABLE = new Set(["lag", "filter", "unknown"]);

/** Skipped bytes whose LFs the hub does not count, so that the numbers go on. */
const UNCOUNTED = new Set(["producer_skip", "store_loss", "corrupt"]);

/** Whether the number of the line after missing bytes is not known by that of the line before. */
export function uncountable(reason: string): boolean {
  return !UNCOUNTED.has(reason);
}

/** Whether lines after a note have no number by those before. */
export function breaksNumbers({ tone, reason }: Note): boolean {
  return tone === "truncated" || (tone === "gap" && uncountable(reason ?? "unknown"));
}

/** The row of bytes that are missing. */
export function gapNote(from: number, to: number, reason: string, at?: number): Note {
  const why = REASONS[reason] ?? "nobody knows why";
  const note: Note = {
    kind: "note",
    tone: "gap",
    key: `gap:${from}`,
    offset: from,
    to,
    text: `${bytes(to - from)} are missing here: ${why}`,
    reason,
    fetchable: FETCHABLE.has(reason),
  };
  if (at !== undefined) note.at = at;
  return note;
}

/** Two gaps as one, if the second goes on where the first ends, for the same reason: the hub may skip piece by piece. */
export function joined(first: Row | undefined, second: Row | undefined): Note | null {
  if (first?.kind !== "note" || second?.kind !== "note" || first.to === undefined || second.to === undefined)
    return null;
  if (first.to !== second.offset || first.reason === undefined || first.reason !== second.reason) return null;
  return gapNote(first.offset, second.to, first.reason, first.at);
}

/** The row above the first line that is kept. */
export function goneNote(before: number): Note {
  return {
    kind: "note",
    tone: "gap",
    key: "gap:0",
    offset: 0,
    to: before,
    text: `${bytes(before)} before this are not kept any more`,
  };
}

export function runNote(run: number, offset: number, at?: number): Note {
  const note: Note = { kind: "note", tone: "run", key: `run:${run}`, offset, text: `run ${run} begins` };
  if (at !== undefined) note.at = at;
  return note;
}

export function endNote(run: number, offset: number, how: HowEnded, at?: number): Note {
  const note: Note = {
    kind: "note",
    tone: isFailure(how) ? "failed" : "end",
    key: `end:${run}`,
    offset,
    text: `run ${run} ended: ${how.status ?? how.cause ?? ""}`,
  };
  if (at !== undefined) note.at = at;
  return note;
}

export function truncatedNote(offset: number): Note {
  const what = offset === 0 ? "what was here" : "what came after this";
  return {
    kind: "note",
    tone: "truncated",
    key: `truncated:${offset}`,
    offset,
    text: `the hub does not have ${what} any more: it was restarted, or the stream made anew`,
  };
}

function bytes(count: number): string {
  return `${count.toLocaleString("en")} bytes`;
}
