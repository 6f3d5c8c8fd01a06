// How high each row is: nothing for a row that is left out or lies in what is folded.

import { plainText } from "./ansi";
import { type Fold, type Folding, isSectionEnd } from "./folding";
import { Heights } from "./heights";
import { jsonOf, prettyLines } from "./json-line";
import type { LineRules } from "./line-rules";
import type { Look } from "./look";
import type { Row, TextLine } from "./rows";

export const ROW_HEIGHT = 20;

/** What a person opened or closed, by the offset of the line. */
export type Choices = Map<number, boolean>;

export class Layout {
  readonly heights = new Heights();
  /** Folds whose state is not the usual one. */
  readonly folded: Choices = new Map();
  /** JSON lines that are shown as their parts. */
  readonly expanded: Choices = new Map();
  columns = 200;

  constructor(
    private readonly folding: Folding,
    private look: Look,
    private rules: LineRules | null,
  ) {}

  set(look: Look, rules: LineRules | null): void {
    this.look = look;
    this.rules = rules;
  }

  /** Lays all rows out anew. */
  all(rows: readonly Row[], partial: TextLine | null): void {
    this.folding.clear();
    this.folding.add(rows);
    this.folding.takeEnded();
    this.heights.clear();
    for (const row of rows) this.heights.push(this.estimate(row));
    if (partial) this.heights.push(this.estimate(partial));
  }

  /**
   * Takes rows that come at the end; returns the groups whose rows are to be folded now. A group that ends folds where
   * the end is followed: who reads elsewhere may be reading in it. One whose head is not held any more stays open:
   * nothing would be left to open it by. `first` is where the rows held begin.
   */
  enter(rows: readonly Row[], following: boolean, first: number): Fold[] {
    this.folding.add(rows);
    const ended = this.folding.takeEnded().filter((fold) => fold.collapsed && !this.folded.has(fold.key));
    const closing = ended.filter((fold) => following && fold.key >= first);
    for (const fold of ended) if (!closing.includes(fold)) this.folded.set(fold.key, false);
    return closing;
  }

  /** Mends the heights of a group's rows. */
  refold(fold: Fold, rows: readonly Row[], head: number): void {
    for (let index = head + 1; index < rows.length; index++) {
      const row = rows[index] as Row;
      if (row.kind === "line" && !this.lies(row, fold)) return;
      this.heights.set(index, this.estimate(row));
    }
  }

  private lies(row: Row, within: Fold): boolean {
    let fold = this.folding.around(row) ?? null;
    while (fold && fold !== within) fold = fold.parent;
    return fold !== null;
  }

  /** What a row is expected to be, until it is drawn and measured. */
  estimate(row: Row): number {
    if (!this.isShown(row)) return 0;
    // What happened is told whole, whatever the room.
    if (row.kind === "note") return this.rowsOf(row.text) * ROW_HEIGHT;
    const parts = this.isExpanded(row) ? prettyLines(jsonOf(row.text)) : 1;
    if (!this.look.wrap || parts > 1) return parts * ROW_HEIGHT;
    return this.rowsOf(plainText(row.text)) * ROW_HEIGHT;
  }

  private rowsOf(text: string): number {
    return Math.max(1, Math.ceil(text.length / this.columns));
  }

  isShown(row: Row): boolean {
    if (row.kind === "note") return true;
    if (this.look.fold && isSectionEnd(row.text)) return false;
    if (this.rules && !this.rules.accept(plainText(row.text), row)) return false;
    // What was asked for by a filter is not hidden by a fold.
    if (!this.look.fold || this.rules?.filters) return true;
    for (let fold = this.folding.around(row); fold; fold = fold.parent ?? undefined)
      if (this.isFolded(fold)) return false;
    return true;
  }

  /** Opens what a row lies in: who goes to a line wants to see it. Returns whether anything was folded. */
  open(row: Row | undefined): boolean {
    if (!row || this.isShown(row)) return false;
    for (let fold = this.folding.around(row); fold; fold = fold.parent ?? undefined)
      this.folded.set(fold.key, false);
    return true;
  }

  /** Groups that are under way are open, those that are over folded if the program wants that; traces are folded. */
  isFolded(fold: Fold): boolean {
    const chosen = this.folded.get(fold.key);
    if (chosen !== undefined) return chosen;
    return fold.kind === "trace" || (fold.collapsed && fold.endedAt !== null);
  }

  isExpanded(row: TextLine): boolean {
    return this.look.pretty && this.expanded.get(row.offset) === true;
  }
}
