// Some streams as one text in the order of time, read from either end of what is shown, and on live. Sans I/O but for
// what the sources ask of the hub, and without a document.
//
// What is shown is whole at any time: of each stream all rows between its first and its last one in it, and no stream
// has a row that belongs between two that are shown and is not. So it grows at an end only by rows of which it is
// known that no other stream has one that comes first.

import { printMarked } from "../share/marked-lines";
import { compareTimes } from "../viewer/row-place";
import type { Row, RowSource, TextLine } from "../viewer/rows";
import { type Entry, LateWindow } from "./late-window";
import type { MergeSource } from "./merge-source";

/** So many rows are shown first, and fetched at an end. */
export const FIRST_ROWS = 400;
export const PAGE_ROWS = 500;

export interface Named {
  name: string;
  label: string;
}

export class Merger {
  /** Places in the view: rows that come before get smaller ones. */
  private firstPlace = 0;
  private nextPlace = 0;
  /** The entry of each row that was given out and not yet taken back. */
  private readonly entries = new WeakMap<Row, Entry>();
  private readonly partials = new Map<number, TextLine>();
  /** The stream whose last line was changed last, and where that line begins. */
  private typing: { source: number; offset: number } | null = null;

  constructor(
    readonly sources: readonly MergeSource[],
    private readonly names: readonly Named[],
    readonly late = new LateWindow(),
  ) {}

  /** The newest rows. The very last ones wait with those that are to come: there may be some between them. */
  async openEnd(now: number, holdMs: number): Promise<Row[]> {
    this.forget();
    const entries = await this.takeOlder(FIRST_ROWS);
    const newest = entries.at(-1)?.at ?? 0;
    const from = entries.findIndex(({ at }) => at > newest - holdMs);
    const waiting = from < 0 ? [] : entries.splice(from);
    this.late.add(waiting, now);
    return this.give(entries);
  }

  /** The rows around the time or the place at which all sources were opened, and the first one at or after it. */
  async openAround(): Promise<{ rows: Row[]; at: Row | undefined }> {
    this.forget();
    const above = this.give(await this.takeOlder(FIRST_ROWS / 2), true);
    const below = this.give(await this.takeNewer(PAGE_ROWS));
    return { rows: [...above, ...below], at: below[0] ?? above.at(-1) };
  }

  /** Rows before those that are shown. */
  async older(): Promise<Row[]> {
    return this.give(await this.takeOlder(PAGE_ROWS), true);
  }

  /** Rows after those that are shown. */
  async newer(): Promise<Row[]> {
    return this.give(await this.takeNewer(PAGE_ROWS));
  }

  /** Nothing was fetched that is not shown, and the hub had no more. */
  get atEnd(): boolean {
    return this.sources.every(({ after, atEnd }) => atEnd && after.length === 0);
  }

  /** Takes rows that came live, to be shown when they have waited. */
  live(source: number, entries: readonly Entry[], partial: TextLine | null, now: number): void {
    this.late.add(entries, now);
    const before = this.partials.get(source);
    if (partial) this.partials.set(source, partial);
    else this.partials.delete(source);
    if (partial && partial !== before) this.typing = { source, offset: partial.offset };
  }

  /** The rows whose time has come. */
  due(now: number): Row[] {
    return this.give(this.late.take(now));
  }

  /** The unfinished line that changed last; one that was finished meanwhile, until it is shown as a row. */
  get partial(): TextLine | null {
    const typing = this.typing;
    if (!typing) return null;
    const open = this.partials.get(typing.source);
    const line =
      open ??
      this.late.find(({ source, row }) => source === typing.source && row.offset === typing.offset)?.row;
    if (line?.kind !== "line") return null;
    const place = this.nextPlace;
    return { ...line, offset: place, end: place, source: this.sourceOf(typing.source, line) };
  }

  /** From now on nothing comes by itself: what waits lies behind what is shown, and is fetched from there. */
  part(): void {
    const waiting = this.late.takeAll();
    this.partials.clear();
    this.typing = null;
    for (const source of this.sources) {
      source.backAfter(waiting.filter((entry) => entry.source === source.index));
      source.lookAgain();
    }
  }

  /** Where a row is in its own stream, as the address of that stream's view has it. */
  addressOf({ index, offset }: RowSource): string {
    const epoch = this.sources[index]?.epoch || null;
    return printMarked({ from: offset, to: offset, epoch });
  }

  /** Rows made room in the view: at its front, or at its end. */
  dropped(rows: readonly Row[], front: boolean): void {
    const entries = rows.flatMap((row) => this.entries.get(row) ?? []);
    for (const source of this.sources) {
      const own = entries.filter((entry) => entry.source === source.index);
      if (front) source.backBefore(own);
      else source.backAfter(own);
    }
  }

  /** A stream lost what it had from an offset on; returns the rows that stay. */
  truncate(index: number, offset: number, epoch: number, shown: readonly Row[]): Row[] {
    const source = this.sources[index];
    const stays = ({ source: of, row }: Entry) =>
      of !== index || (row.kind === "line" ? row.end <= offset : row.offset < offset);
    const kept = shown.filter((row) => {
      const entry = this.entries.get(row);
      if (!entry || stays(entry)) return true;
      source?.forget([entry]);
      return false;
    });
    this.late.keep(stays);
    this.partials.delete(index);
    source?.truncate(offset, epoch);
    return kept;
  }

  private forget(): void {
    this.firstPlace = this.nextPlace = 0;
    this.late.takeAll();
    this.partials.clear();
    this.typing = null;
  }

  private async takeOlder(count: number): Promise<Entry[]> {
    const taken: Entry[] = [];
    while (taken.length < count) {
      await Promise.all(this.sources.map((source) => source.fetchBefore()));
      const latest = pick(this.sources, ({ before }) => before.at(-1), 1);
      if (!latest) break;
      // One that has nothing left has to be asked before any other's row may be taken.
      while (taken.length < count && this.sources.every(({ start, before }) => start || before.length)) {
        const entry = pick(this.sources, ({ before }) => before.at(-1), 1);
        if (!entry) break;
        this.sources[entry.source]?.before.pop();
        taken.push(entry);
      }
    }
    return taken.reverse();
  }

  private async takeNewer(count: number): Promise<Entry[]> {
    const taken: Entry[] = [];
    while (taken.length < count) {
      await Promise.all(this.sources.map((source) => source.fetchAfter()));
      if (!this.sources.some(({ after }) => after.length)) break;
      const heads = this.sources.map(() => 0);
      const next = ({ after, index }: MergeSource) => after[heads[index] ?? 0];
      while (taken.length < count && this.sources.every((source) => source.atEnd || next(source))) {
        const entry = pick(this.sources, next, -1);
        if (!entry) break;
        heads[entry.source] = (heads[entry.source] ?? 0) + 1;
        taken.push(entry);
      }
      for (const source of this.sources) source.after.splice(0, heads[source.index]);
    }
    return taken;
  }

  /** Gives entries out as rows of the view. */
  private give(entries: readonly Entry[], older = false): Row[] {
    if (older) this.firstPlace -= entries.length;
    let place = older ? this.firstPlace : this.nextPlace;
    const rows = entries.map((entry) => {
      const row = this.shown(entry, place);
      place += 1;
      this.entries.set(row, entry);
      return row;
    });
    if (!older) this.nextPlace = place;
    return rows;
  }

  private shown({ row, source }: Entry, place: number): Row {
    const of = this.sourceOf(source, row);
    if (row.kind === "line") return { ...row, offset: place, end: place + 1, source: of };
    const { to: _, ...note } = row;
    return { ...note, offset: place, key: `${source}:${row.key}`, source: of };
  }

  private sourceOf(index: number, row: Row): RowSource {
    const { name = "", label = "" } = this.names[index] ?? {};
    return { index, name, label, offset: row.offset };
  }
}

/** The greatest of the sources' entries (1) or the least (-1) in the order of the view. */
function pick(
  sources: readonly MergeSource[],
  entryOf: (source: MergeSource) => Entry | undefined,
  sign: 1 | -1,
): Entry | undefined {
  let found: Entry | undefined;
  for (const source of sources) {
    const entry = entryOf(source);
    if (entry && (!found || sign * compareTimes(entry, found) > 0)) found = entry;
  }
  return found;
}
