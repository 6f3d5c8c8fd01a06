// One of several streams that are merged: what was fetched of it before and after the rows that are shown.
//
//     kept by the hub:    0 ──── reach ═══ before ═══ first ─── shown ─── next ═══ after ═══ ahead ──── end
//
// Rows that made room in the view go back into `before` or `after`; both are bounded, and what they lose is fetched
// again. The same note may come from two sides (a run's end is told by its record and by what lies before it): `known`
// has the keys of all notes that are held or shown.

import { History, type Piece } from "../viewer/history";
import { type RowPlace, timeAfter } from "../viewer/row-place";
import type { Row, TextLine } from "../viewer/rows";
import type { Runs } from "../viewer/runs";
import type { Seam } from "../viewer/stream-follow";
import type { Entry } from "./late-window";

/** Rows of one stream that are held on one side of those that are shown. */
export const MOST_ROWS = 2000;
const MOST_CHARS = 1024 * 1024;

type Asked = ConstructorParameters<typeof History>[0];

export class MergeSource {
  /** In the stream's order: the last one is nearest to what is shown. */
  readonly before: Entry[] = [];
  /** The first one is nearest to what is shown. */
  readonly after: Entry[] = [];
  /** Nothing of the stream comes before `before`. */
  start = false;
  /** Nothing came after `after` when the hub was asked. */
  atEnd = false;
  epoch = 0;
  private reach = 0;
  private ahead = 0;
  private line: number | null = null;
  private readonly known = new Set<string>();
  private readonly history: History;
  /** The least and the greatest time of what is held and shown. */
  private earliest = Number.POSITIVE_INFINITY;
  private latest = Number.NEGATIVE_INFINITY;

  constructor(
    readonly index: number,
    ask: Asked,
    readonly runs: Runs,
    private readonly mostRows = MOST_ROWS,
  ) {
    this.history = new History(ask, runs);
  }

  /** Begins with the stream's last rows, all of them before what is shown. */
  async openEnd(count: number): Promise<void> {
    const piece = await this.history.last(count);
    this.openedAt(piece.next, piece);
    this.atEnd = true;
    this.line = piece.line;
    const rows = this.fresh(piece.rows);
    this.reach = rows[0]?.offset ?? piece.next;
    this.start = this.reach === 0;
    this.before.push(...this.timed(rows, Number.POSITIVE_INFINITY));
    this.bound();
  }

  /** Begins between the rows before a time and those after it. */
  async openTime(at: number): Promise<void> {
    const offset = await this.history.offsetAt(at);
    this.openedAt(offset, null);
    await this.fetchAfter();
  }

  /** Begins between the rows before a place in the merged text and those from it on. */
  async openPlace(place: RowPlace): Promise<void> {
    if (place.source !== this.index) return this.openTime(timeAfter(place, this.index));
    this.openedAt(place.offset, null);
    await this.fetchAfter();
  }

  /** Begins as a stream that is not there yet. */
  openEmpty(): void {
    this.openedAt(0, null);
    this.start = this.atEnd = true;
  }

  /** How many LFs come before a place where a line begins. */
  lineAt(offset: number): Promise<number> {
    return this.history.lineAt(offset);
  }

  async fetchBefore(): Promise<void> {
    if (this.start || this.before.length) return;
    const piece = await this.history.before(this.reach);
    if (piece.truncated !== undefined) throw new Truncated(this.index, piece.truncated, piece.epoch);
    const rows = this.fresh(piece.rows);
    const first = piece.rows[0]?.offset ?? 0;
    this.start = first === 0 || first >= this.reach;
    this.reach = Math.min(first, this.reach);
    this.before.push(...this.timed(rows, this.earliest));
  }

  async fetchAfter(): Promise<void> {
    if (this.atEnd || this.after.length) return;
    const piece = await this.history.after(this.ahead);
    if (piece.truncated !== undefined) throw new Truncated(this.index, piece.truncated, piece.epoch);
    this.epoch = piece.epoch;
    this.atEnd = piece.atEnd;
    this.line = piece.line ?? this.line;
    const rows = this.fresh(piece.rows);
    this.ahead = piece.next;
    this.after.push(...this.timed(rows, null));
  }

  /** Asks again whether there is more than what was the end. */
  lookAgain(): void {
    this.atEnd = false;
  }

  /** Where to follow from once all that was fetched is shown. */
  get seam(): Seam {
    return { epoch: this.epoch, next: this.ahead, line: this.line };
  }

  /** Takes rows that came live; returns those that are not told already, with their times. */
  live(rows: Row[], follows: { epoch: number; next: number | null }, partial: TextLine | null): Entry[] {
    this.epoch = follows.epoch;
    // An unfinished line is not shown as a row: it is fetched again.
    this.ahead = partial?.offset ?? follows.next ?? this.ahead;
    this.line = null;
    return this.timed(this.fresh(rows), null);
  }

  /** Rows that were shown and made room before the others. */
  backBefore(entries: readonly Entry[]): void {
    for (const entry of entries) this.before.push(entry);
    this.bound();
  }

  /** Rows that were shown, or came and were not, and lie behind what is shown. */
  backAfter(entries: readonly Entry[]): void {
    this.after.unshift(...entries);
    this.bound();
  }

  /** The stream lost what it had from an offset on. */
  truncate(offset: number, epoch: number): void {
    const stays = ({ row }: Entry) => (row.kind === "line" ? row.end <= offset : row.offset < offset);
    for (const side of [this.before, this.after]) {
      const gone = side.splice(0).filter((entry) => {
        if (stays(entry)) side.push(entry);
        return !stays(entry);
      });
      this.forget(gone);
    }
    this.epoch = epoch;
    this.reach = Math.min(this.reach, offset);
    this.ahead = Math.min(this.ahead, offset);
    this.atEnd = false;
  }

  /** Rows that are neither held nor shown any more. */
  forget(entries: readonly Entry[]): void {
    for (const { row } of entries) if (row.kind === "note") this.known.delete(row.key);
  }

  private openedAt(offset: number, piece: Piece | null): void {
    this.before.length = this.after.length = 0;
    this.known.clear();
    this.earliest = Number.POSITIVE_INFINITY;
    this.latest = Number.NEGATIVE_INFINITY;
    this.epoch = piece?.epoch ?? this.epoch;
    this.reach = this.ahead = offset;
    this.line = null;
    this.start = offset === 0;
    this.atEnd = false;
  }

  private fresh(rows: readonly Row[]): Row[] {
    return rows.filter((row) => {
      if (row.kind === "line") return true;
      if (this.known.has(row.key)) return false;
      this.known.add(row.key);
      return true;
    });
  }

  /**
   * Rows with the times that they are ordered by, which never fall within a stream, whatever the hub's clock did: a
   * note without a time has that of the row before it. `cap` is the time of what follows them; null where they are the
   * latest.
   */
  private timed(rows: readonly Row[], cap: number | null): Entry[] {
    const first = rows.find((row) => row.at !== undefined)?.at;
    let at = cap === null ? this.latest : Number.NEGATIVE_INFINITY;
    const entries = rows.map((row) => {
      at = Math.max(at, row.at ?? (Number.isFinite(at) ? at : (first ?? at)));
      return { at: cap === null ? at : Math.min(at, cap), source: this.index, row };
    });
    if (!entries.length) return entries;
    this.earliest = Math.min(this.earliest, entries[0]?.at ?? Number.POSITIVE_INFINITY);
    this.latest = Math.max(this.latest, entries.at(-1)?.at ?? Number.NEGATIVE_INFINITY);
    return entries;
  }

  /** Keeps both sides to their bounds. What is cut off begins or ends with a line: a line's place is found again. */
  private bound(): void {
    const cutBefore = this.before.length - keptOf(this.before.toReversed(), this.mostRows);
    const lastGone = this.before.findLastIndex(({ row }, at) => at < cutBefore && row.kind === "line");
    if (cutBefore > 0 && lastGone >= 0) {
      this.forget(this.before.splice(0, lastGone + 1));
      this.reach = this.before[0]?.row.offset ?? this.reach;
      this.earliest = this.before[0]?.at ?? this.earliest;
      this.start = false;
    }
    const kept = keptOf(this.after, this.mostRows);
    const firstGone = this.after.findIndex(({ row }, at) => at >= kept && row.kind === "line");
    if (firstGone >= 0) {
      const gone = this.after.splice(firstGone);
      this.forget(gone);
      this.ahead = gone[0]?.row.offset ?? this.ahead;
      this.latest = this.after.at(-1)?.at ?? this.latest;
      this.atEnd = false;
    }
  }
}

/** How many rows, from the first on, are within the bounds. */
function keptOf(entries: readonly Entry[], mostRows: number): number {
  let chars = 0;
  for (const [index, { row }] of entries.entries()) {
    chars += row.text.length;
    if (index >= mostRows || chars > MOST_CHARS) return index;
  }
  return entries.length;
}

/** A stream was cut while it was read: what was held from an offset on is not its text any more. */
export class Truncated extends Error {
  constructor(
    readonly source: number,
    readonly offset: number,
    readonly epoch: number,
  ) {
    super("the hub does not have what came after this any more");
  }
}
