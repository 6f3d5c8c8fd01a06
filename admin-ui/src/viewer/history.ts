// Lines that are fetched back: the hub's answers as rows, without a hole between them and the rows that are held.

import type { LinesAnswer } from "../wire/types";
import { gapNote, type Note, type Row, type TextLine } from "./assembler";

export type Ask = (from: number, before: boolean) => Promise<LinesAnswer>;

type Placed = TextLine | (Note & { offset: number });

/** The rows before the line at `first`, in order. The hub cuts long answers: what it left out is asked for. */
export async function rowsBefore(ask: Ask, first: number): Promise<Row[]> {
  const rows: Row[] = [];
  let from = first;
  for (let before = true; ; before = false) {
    const answer = await ask(from, before);
    // A stream that was cut meanwhile is told by its subscription; until then nothing of it fits.
    if (answer.truncate !== undefined) return [];
    const fresh = placed(answer).filter((row) => row.offset < first);
    rows.push(...fresh);
    from = answer.next[1];
    if (from >= first || (!before && fresh.length === 0)) break;
  }
  if (rows.length) return rows;
  return [
    { kind: "note", tone: "gap", offset: 0, text: `${bytes(first)} before this are not kept any more` },
  ];
}

/** Some rows after the line at `last`, in order; none when there are none. */
export async function rowsAfter(ask: Ask, last: number): Promise<Row[]> {
  const answer = await ask(last, false);
  return answer.truncate === undefined ? placed(answer).filter((row) => row.offset > last) : [];
}

function placed(answer: LinesAnswer): Placed[] {
  const lines: Placed[] = answer.lines.map(({ offset, text, at, cut, bytes: size }) => ({
    kind: "line",
    offset,
    text: cut ? `${text} … (${size} bytes)` : text,
    at,
  }));
  const gaps = answer.gaps.map(({ gap: [from, to], reason }) => gapNote(from, to, reason));
  return [...lines, ...gaps].sort((a, b) => a.offset - b.offset);
}

function bytes(count: number): string {
  return `${count.toLocaleString("en")} bytes`;
}
