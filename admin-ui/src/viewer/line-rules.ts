// What others may say about a line: whether it is shown, and which parts of it stand out.

import type { TextLine } from "./rows";

/** A part of a line that stands out, in UTF-16 units of its plain text as shown. */
export interface Mark {
  from: number;
  to: number;
  className: string;
}

export interface LineRules {
  /** Whether there are lines that it leaves out; folds are open then. */
  readonly filters: boolean;
  /** Whether the line is shown. */
  accept(plain: string, line: TextLine): boolean;
  /** The parts that stand out; they may lie over each other. */
  marks(plain: string, line: TextLine): Mark[];
}

/** A piece of a line between two edges of marks, with the classes of all marks that cover it. */
export interface MarkedPiece {
  from: number;
  to: number;
  classes: string;
}

/** Cuts a text of `length` units at the edges of its marks: pieces that follow each other without a hole. */
export function piecesOf(length: number, marks: readonly Mark[]): MarkedPiece[] {
  const clipped = marks
    .map(({ from, to, className }) => ({ from: Math.max(0, from), to: Math.min(length, to), className }))
    .filter(({ from, to }) => from < to);
  const edges = new Set([0, length]);
  for (const { from, to } of clipped) edges.add(from).add(to);
  const sorted = [...edges].sort((a, b) => a - b);
  const pieces: MarkedPiece[] = [];
  for (const [index, from] of sorted.slice(0, -1).entries()) {
    const to = sorted[index + 1] as number;
    const names = clipped.filter((mark) => mark.from <= from && mark.to >= to).map((mark) => mark.className);
    pieces.push({ from, to, classes: [...new Set(names)].join(" ") });
  }
  return pieces;
}
