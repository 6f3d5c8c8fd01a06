// What belongs together: groups that a program marks, and the lines of a trace. Reads rows in order, and says of each
// what it is; whether a group is shown folded is the reader's choice.

import { plainText } from "./ansi";
import type { Row, TextLine } from "./rows";

/** A line that heads a group or a trace. */
export interface Fold {
  /** Offset of its first line: what a choice is remembered by. */
  key: number;
  head: Row;
  kind: "group" | "trace";
  title: string;
  /** Lines inside, so far. */
  lines: number;
  beganAt: number;
  /** When its last line came; null while the group is open. */
  endedAt: number | null;
  /** Programs may ask for a group to begin folded. */
  collapsed: boolean;
  parent: Fold | null;
}

const GITHUB = /^(?:\d{4}-\d\d-\d\dT[\d:.]+Z )?(?:::group::|##\[group\])(.*)$/;
const GITHUB_END = /^(?:\d{4}-\d\d-\d\dT[\d:.]+Z )?(?:::endgroup::|##\[endgroup\])/;
const GITLAB = /section_start:(\d+):([\w.-]+)(\[[^\]]*\])?\r(?:\x1b\[0K)?([^\r\n]*)/;
const GITLAB_END = /section_end:(\d+):([\w.-]+)/;
const TRACE_HEAD =
  /Traceback \(most recent call last\)|^(?:Exception in thread|Caused by: )|^[\w.$]*(?:Exception|Error)\b.*$/;
const TRACE_BODY = /^(?:\s+\S|\s*$|Caused by: |During handling|The above exception)/;
const FRAME = /^\s+(?:at |File "|\.\.\. \d+ more)|^(?:Caused by: )/;
const DEEPEST = 16;

interface Begun {
  title: string;
  name: string;
  collapsed: boolean;
  at: number;
}

/** Whether a line says nothing but that a section of GitLab's ends. */
export function isSectionEnd(text: string): boolean {
  return text.includes("section_end:") && !text.includes("section_start:") && plainText(text).trim() === "";
}

export class Folding {
  private heads = new Map<Row, Fold>();
  private inside = new Map<Row, Fold>();
  private open: Fold[] = [];
  private names: string[] = [];
  private trace: Fold | null = null;
  private changed = new Set<Fold>();
  private ended: Fold[] = [];

  clear(): void {
    this.heads = new Map();
    this.inside = new Map();
    this.open = [];
    this.names = [];
    this.trace = null;
    this.changed = new Set();
    this.ended = [];
  }

  /** The folds that grew, ended or came to be since this was asked last. */
  takeChanged(): Iterable<Fold> {
    const changed = this.changed;
    this.changed = new Set();
    return changed;
  }

  /** The groups that ended since this was asked last. */
  takeEnded(): Fold[] {
    return this.ended.splice(0);
  }

  /** The fold that a row heads. */
  headedBy(row: Row): Fold | undefined {
    return this.heads.get(row);
  }

  /** The innermost fold that a row lies in; its head does not. */
  around(row: Row): Fold | undefined {
    return this.inside.get(row);
  }

  forget(rows: readonly Row[]): void {
    for (const row of rows) {
      this.heads.delete(row);
      this.inside.delete(row);
    }
  }

  add(rows: readonly Row[]): void {
    for (const row of rows) this.addRow(row);
  }

  private addRow(row: Row): void {
    if (row.kind === "note") {
      // A run that ends leaves no group open.
      if (row.tone === "end" || row.tone === "failed" || row.tone === "run") this.closeAll(row.at ?? null);
      return;
    }
    if (this.goesOn(row)) return;
    const begun = this.beginning(row);
    const ended = this.ending(row);
    // GitLab's runner ends a section and begins the next one in the same line.
    if (begun && ended) this.close(ended.name, ended.at);
    const parent = this.open.at(-1);
    if (begun) {
      if (parent) this.put(row, parent);
      if (this.open.length >= DEEPEST) return;
      const fold: Fold = {
        key: row.offset,
        head: row,
        kind: "group",
        title: begun.title,
        lines: 0,
        beganAt: begun.at,
        endedAt: null,
        collapsed: begun.collapsed,
        parent: parent ?? null,
      };
      this.heads.set(row, fold);
      this.changed.add(fold);
      this.open.push(fold);
      this.names.push(begun.name);
      return;
    }
    if (ended && parent) {
      if (isSectionEnd(row.text)) this.inside.set(row, parent);
      else this.put(row, parent);
      this.close(ended.name, ended.at);
      return;
    }
    if (parent) this.put(row, parent);
    this.beginTrace(row, parent ?? null);
  }

  private put(row: Row, fold: Fold): void {
    this.inside.set(row, fold);
    for (let each: Fold | null = fold; each; each = each.parent) {
      each.lines += 1;
      this.changed.add(each);
    }
  }

  private beginning({ text, at }: TextLine): Begun | null {
    if (!text.includes("group") && !text.includes("section_start")) return null;
    const github = GITHUB.exec(plainText(text));
    if (github) return { title: github[1] ?? "", name: "", collapsed: true, at };
    const gitlab = GITLAB.exec(text);
    if (!gitlab) return null;
    const [, seconds, name = "", options = "", title = ""] = gitlab;
    const collapsed = !options.includes("collapsed=false");
    return { title: plainText(title).trim() || name, name, collapsed, at: 1000 * Number(seconds) };
  }

  /** The name of the section that ends here, empty for GitHub's groups, which have none; and when it ends. */
  private ending({ text, at }: TextLine): { name: string; at: number } | null {
    if (text.includes("endgroup") && GITHUB_END.test(plainText(text))) return { name: "", at };
    const [, seconds, name] = (text.includes("section_end") && GITLAB_END.exec(text)) || [];
    return name === undefined ? null : { name, at: 1000 * Number(seconds) };
  }

  private close(name: string, at: number): void {
    const index = this.names.lastIndexOf(name);
    if (index < 0) return;
    for (const fold of this.open.splice(index)) this.end(fold, at);
    this.names.splice(index);
  }

  private closeAll(at: number | null): void {
    for (const fold of this.open) this.end(fold, at);
    this.open = [];
    this.names = [];
    this.trace = null;
  }

  private end(fold: Fold, at: number | null): void {
    // Where nobody knows when: it is over all the same.
    fold.endedAt = at ?? fold.beganAt;
    this.changed.add(fold);
    this.ended.push(fold);
  }

  private beginTrace(row: TextLine, parent: Fold | null): void {
    const title = plainText(row.text);
    if (!TRACE_HEAD.test(title)) return;
    const { offset: key, at } = row;
    this.trace = {
      key,
      head: row,
      kind: "trace",
      title,
      lines: 0,
      beganAt: at,
      endedAt: at,
      collapsed: true,
      parent,
    };
  }

  /** Whether a row belongs to the trace before it. What looks like a head is one if a stack frame follows at once. */
  private goesOn(row: TextLine): boolean {
    if (!this.trace) return false;
    const fold = this.trace;
    const plain = plainText(row.text);
    if (!(fold.lines ? TRACE_BODY : FRAME).test(plain)) {
      this.trace = null;
      return false;
    }
    if (!fold.lines) this.heads.set(fold.head, fold);
    this.put(row, fold);
    return true;
  }
}
