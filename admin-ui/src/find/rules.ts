// What is shown of a stream and what stands out in it: the filter, what is looked for, and the reader's own rules.

import { plainText } from "../viewer/ansi";
import type { LineRules, Mark } from "../viewer/line-rules";
import { isAt, type RowPlace } from "../viewer/row-place";
import type { Row, TextLine } from "../viewer/rows";
import { type Level, levelOf } from "./level";
import type { Matcher } from "./query";

/** The least level that is shown; `any` shows lines of no level as well. */
export type LevelChoice = "any" | Level;
export type Channel = "any" | "out" | "err";

export interface Choice {
  include: Matcher | null;
  exclude: Matcher | null;
  level: LevelChoice;
  channel: Channel;
}

export interface Highlight {
  matcher: Matcher;
  /** One of the page's colours: a class. */
  colour: string;
}

const RANK: Record<LevelChoice, number> = { any: 0, info: 1, warn: 2, error: 3 };

/** Says of each line whether it is shown. */
export class LineFilter {
  /** Whether it leaves anything out. */
  readonly filters: boolean;
  /** Judged once: a line does not change, but is asked for whenever something is laid out. */
  private readonly shown = new WeakMap<TextLine, boolean>();

  constructor(readonly choice: Choice) {
    const { include, exclude, level, channel } = choice;
    this.filters = include !== null || exclude !== null || level !== "any" || channel !== "any";
  }

  accept(plain: string, line: TextLine): boolean {
    if (!this.filters) return true;
    let shown = this.shown.get(line);
    if (shown === undefined) {
      shown = this.passes(plain, line.ch);
      this.shown.set(line, shown);
    }
    return shown;
  }

  passes(plain: string, ch: string | undefined): boolean {
    const { include, exclude, level, channel } = this.choice;
    if (channel !== "any" && (ch === "err") !== (channel === "err")) return false;
    if (include && !include.matches(plain)) return false;
    if (exclude?.matches(plain)) return false;
    return level === "any" || RANK[levelOf(plain) ?? "any"] >= RANK[level];
  }

  /** How many of the rows are lines, and how many of those it leaves out. */
  count(rows: readonly Row[]): { lines: number; left: number } {
    let lines = 0;
    let left = 0;
    if (!this.filters) return { lines, left };
    for (const row of rows) {
      if (row.kind !== "line") continue;
      lines += 1;
      if (!this.accept(plainText(row.text), row)) left += 1;
    }
    return { lines, left };
  }
}

export class StreamRules implements LineRules {
  readonly filters: boolean;

  constructor(
    private readonly filter: LineFilter,
    private readonly found: Matcher | null,
    private readonly highlights: readonly Highlight[],
    /** The hit that the reader is at: it is shown, whatever the filter says. */
    private readonly current: RowPlace | null,
  ) {
    this.filters = filter.filters;
  }

  accept(plain: string, line: TextLine): boolean {
    return this.isCurrent(line) || this.filter.accept(plain, line);
  }

  marks(plain: string, line: TextLine): Mark[] {
    const marks: Mark[] = [];
    for (const { matcher, colour } of this.highlights) add(marks, matcher, plain, `own ${colour}`);
    if (this.filter.choice.include) add(marks, this.filter.choice.include, plain, "included");
    if (this.found) add(marks, this.found, plain, this.isCurrent(line) ? "hit now" : "hit");
    return marks;
  }

  private isCurrent(line: TextLine): boolean {
    return this.current !== null && isAt(line, this.current);
  }
}

function add(marks: Mark[], matcher: Matcher, plain: string, className: string): void {
  for (const { from, to } of matcher.spans(plain)) marks.push({ from, to, className });
}
