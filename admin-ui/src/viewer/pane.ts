// One stream in one box: what is live, what was fetched, and where the reader is. How its parts hang together:
//
//     connection ── frames ──▶ StreamFollow ── rows ──▶ TextView (LineBuffer, Layout, RowElements)
//     connection ◀─ calls ──── History ────── rows ────────┘
//
// A pane is *attached* while the rows held reach up to the live end; then new rows are appended as they come. It is
// *apart* when they do not: after a jump into the past, or when the newest rows had to make room. Then nothing comes
// by itself; rows are fetched at both ends, and when the last ones are there, following begins exactly behind them
// (the seam). Several panes may be on one page. Others take part by
//   - `setRules`: which lines are shown, and what stands out in them (line-rules.ts),
//   - `setLook`: wrapping, times, numbers, folds (look.ts),
//   - `goTo(target)`: a place in the stream (target.ts), `inSight` for the place that is read,
//   - the events below; `sees` and `held` say what an overview has to draw.

import type { Connection } from "../session/connection";
import type { LinesAnswer, RunsAnswer } from "../wire/types";
import { findPlace, History, NoSuchPlace, type Piece } from "./history";
import { type Lag, lagBetween, linesSoFar, type StreamEnd } from "./lag";
import type { LineRules } from "./line-rules";
import type { Look } from "./look";
import { nextFrame } from "./next-frame";
import type { OverviewMark } from "./overview";
import { FIRST_STATE, type PaneEvents, type PaneState } from "./pane-state";
import { type Note, type Row, type TextLine, truncatedNote } from "./rows";
import { Runs } from "./runs";
import type { Move } from "./scrolling";
import { StreamFollow } from "./stream-follow";
import type { Target } from "./target";
import { TextView } from "./text-view";

export { FIRST_STATE, type PaneEvents, type PaneState } from "./pane-state";

const REST_MS = 50;

export class Pane {
  readonly view: TextView;
  readonly runs = new Runs();
  private state = FIRST_STATE;
  private follow: StreamFollow | null = null;
  private unfollow = () => {};
  private history: History;
  /** The epoch of what is held, once that is known. */
  epoch: number | undefined;
  private closed = false;
  private loading = false;
  private wanted: (() => Promise<void>) | null = null;
  private scheduled: (() => void) | null = null;
  /** The number of lines of the stream when rows stopped coming by themselves. */
  private linesThen: number | null = null;
  private readonly resized: ResizeObserver;

  constructor(
    readonly name: string,
    box: HTMLElement,
    private readonly connection: Connection,
    private readonly events: PaneEvents,
    /** How many lines the stream has by now, as the list of streams knows it. */
    private readonly linesNow: () => number | undefined,
  ) {
    this.view = new TextView(box, {
      scrolled: (move) => this.scrolled(move),
      wantsOlder: () => this.load(() => this.older()),
      wantsNewer: () => this.state.apart && this.load(() => this.newer()),
      // Text that runs away cannot be marked.
      selects: () => this.pause(),
      sees: (first, last) => events.sees(first, last),
      fetch: (gap) => this.load(() => this.fill(gap)),
      link: (row, extend) => events.link(row, extend),
    });
    this.history = new History(
      (from, before, count, epoch = this.epoch ?? null) =>
        connection.call<LinesAnswer>("stream.lines", {
          stream: name,
          epoch,
          from,
          before,
          count,
        }),
      this.runs,
    );
    this.resized = new ResizeObserver(() => this.view.draw());
    this.resized.observe(box);
  }

  /** Begins at a place, the end by default. */
  open(target: Target = { kind: "end" }, to?: number): void {
    this.loadRuns();
    if (target.kind === "end") this.attach();
    else this.goTo(target, to);
  }

  close(): void {
    this.closed = true;
    this.resized.disconnect();
    this.detach();
    this.view.close();
  }

  /** Whether the rows held end before the stream does. */
  get isApart(): boolean {
    return this.state.apart;
  }

  /** The row that the reader is at. */
  get inSight(): Row | undefined {
    return this.view.inSight;
  }

  /** The place that is read, where `goTo` brings it again. */
  get seen(): Target | null {
    const row = this.view.rowAt(1 / 4);
    return row ? { kind: "offset", offset: row.offset, epoch: this.epoch ?? null } : null;
  }

  /** How far what is in sight is from the stream's end; null where it is there. */
  lag(stream: StreamEnd): Lag | null {
    const { buffer, seenTo } = this.view;
    const held = buffer.reach(buffer.length - 1);
    return lagBetween(seenTo ?? { ...held, end: this.follow?.next ?? held.end }, stream);
  }

  /** Where runs begin and end, and what is missing: for an overview. */
  get marks(): OverviewMark[] {
    const gaps = this.view.buffer.all.filter(
      (row) => row.kind === "note" && (row.tone === "gap" || row.tone === "truncated"),
    );
    return [...gaps.map(({ offset }) => ({ offset, tone: "gap" })), ...this.runs.marks()];
  }

  setLook(look: Look): void {
    this.view.setLook(look);
  }

  setRules(rules: LineRules | null): void {
    this.view.setRules(rules);
  }

  toggle(): void {
    if (this.state.following) this.pause();
    else this.toEnd();
  }

  pause(): void {
    if (!this.state.following) return;
    this.view.following = false;
    this.linesThen = null;
    this.change({ following: false, missed: 0 });
  }

  /** Follows from the end on. */
  toEnd(): void {
    if (this.closed) return;
    if (this.state.apart || !this.follow) {
      // Much may lie between: begin again at the end instead of reading all of it.
      this.detach();
      this.view.replaceAll([]);
      this.attach();
    }
    this.view.unmark();
    this.view.following = true;
    this.change({ following: true, missed: 0, apart: false, problem: "" });
    this.view.scrollToEnd();
  }

  /** Shows a place, and the lines around it. `to`: the end of a range that is marked. */
  goTo(target: Target, to?: number): void {
    if (target.kind === "end") this.toEnd();
    else this.load(() => this.jump(target, to), "Going there …");
  }

  /** Whether the line that begins at a place is held. */
  holds(offset: number): boolean {
    const { buffer } = this.view;
    const row = buffer.at(buffer.indexAt(offset));
    return row?.kind === "line" && row.offset === offset;
  }

  /** Shows the line that begins at a place, without asking the hub where it is held. */
  reveal(offset: number): void {
    if (!this.holds(offset)) {
      this.goTo({ kind: "offset", offset });
      return;
    }
    this.pause();
    this.view.show(offset);
  }

  /** Counts what came while nothing comes by itself; called now and then. */
  tick(now: number): void {
    if (this.state.apart) {
      const lines = this.linesNow();
      if (lines !== undefined) {
        this.linesThen ??= lines;
        const missed = Math.max(0, lines - this.linesThen);
        if (missed !== this.state.missed) this.change({ missed });
      }
    }
    this.view.refreshGutters(now);
  }

  private attach(piece?: Piece): void {
    if (this.closed) return;
    const seam = piece && { epoch: piece.epoch, next: piece.next, line: piece.line };
    const follow = new StreamFollow(
      this.name,
      {
        rows: (rows, partial) => this.take(rows, partial),
        truncated: (offset) => this.view.truncate(offset),
        state: (phase, detail) => this.change({ phase, detail }),
        unnumbered: (offset) => this.number(offset),
        run: (run, offset, ended) => {
          if (ended) this.runs.ended(run, offset, ended.status, ended.cause);
          else this.runs.began(run, offset, Date.now());
        },
      },
      (alias, offset) => this.connection.acknowledge(alias, offset),
      (apply) => this.schedule(apply),
      seam,
    );
    this.follow = follow;
    this.change({ apart: false });
    this.unfollow = this.connection.follow(follow);
  }

  private detach(): void {
    this.unfollow();
    this.unfollow = () => {};
    if (this.follow) this.epoch = this.follow.epoch;
    this.follow = null;
    this.scheduled = null;
  }

  /** From now on the rows held end before the stream does. */
  private part(dropped = 0): void {
    this.detach();
    const lines = linesSoFar(this.linesNow(), this.view.buffer.nextLine, dropped);
    this.linesThen = lines === null ? null : lines - this.state.missed;
    this.change({ apart: true, following: false });
  }

  private take(rows: Row[], partial: TextLine | null): void {
    if (this.follow) this.epoch = this.follow.epoch;
    const lines = rows.filter((row) => row.kind === "line");
    if (!this.state.following && this.view.buffer.length + rows.length > this.view.buffer.maxRows) {
      // More would push out what is read: the rest waits at the hub.
      const missed = this.state.missed + lines.length;
      this.change({ missed });
      this.part(lines.length);
      return;
    }
    this.view.append(this.view.buffer.unseen(rows), partial);
    const fresh = lines.filter(({ offset }) => this.follow?.isNew(offset)).length;
    if (!this.state.following && fresh) this.change({ missed: this.state.missed + fresh });
    this.events.fresh?.(rows);
  }

  private number(offset: number): void {
    const follow = this.follow;
    this.history.lineAt(offset).then(
      (line) => {
        if (this.closed || this.follow !== follow || !follow) return;
        follow.settle();
        this.view.number(offset, line);
        follow.numberOn(offset, line);
      },
      (error: Error) => console.warn(`no line numbers: ${error.message}`),
    );
  }

  private async older(): Promise<void> {
    const first = this.view.buffer.firstOffset;
    if (first === null || first === 0) return;
    const piece = await this.history.before(first);
    if (this.cutBy(piece)) return;
    const rows = this.view.buffer.unseen(piece.rows);
    if (rows.length && this.view.prepend(rows).length) this.part();
  }

  private async newer(): Promise<void> {
    const end = this.view.buffer.endOffset;
    if (end === null) return;
    this.join(await this.history.after(end));
  }

  /** Adds what follows the rows held, and goes on live where that is all. */
  private join(piece: Piece): void {
    if (this.cutBy(piece)) return;
    this.epoch = piece.epoch;
    this.view.append(this.view.buffer.unseen(piece.rows), null);
    if (piece.atEnd && this.state.apart) this.attach(piece);
  }

  private async fill(gap: Note): Promise<void> {
    const first = this.view.buffer.cutBy(gap);
    const piece = await this.history.missing(gap, first.offset);
    if (this.cutBy(piece)) return;
    if (this.view.fill(first, piece.next, piece.rows)) this.part();
  }

  private async jump(target: Target, to?: number): Promise<void> {
    if (target.kind === "run") await this.loadRuns();
    const { piece, offset } = await this.find(target);
    if (this.closed) return;
    if (piece.truncated !== undefined) throw new Error("the stream was cut meanwhile: try again");
    this.detach();
    this.epoch = piece.epoch;
    this.view.following = false;
    this.change({ following: false, missed: 0, apart: true, problem: "" });
    this.linesThen = linesSoFar(this.linesNow(), this.view.buffer.nextLine);
    this.view.replaceAll(piece.rows);
    this.view.show(offset, to);
    if (piece.atEnd) this.attach(piece);
  }

  /** Who has nothing before him, or wants what is not there, gets to see what there is. */
  private async find(target: Target): ReturnType<typeof findPlace> {
    try {
      return await findPlace(this.history, this.runs, target);
    } catch (error) {
      if (error instanceof NoSuchPlace || !this.view.buffer.length) this.toEnd();
      throw error;
    }
  }

  private async loadRuns(): Promise<void> {
    try {
      await this.connection.whenLive();
      this.runs.set((await this.connection.call<RunsAnswer>("stream.runs", { stream: this.name })).runs);
    } catch (error) {
      // A stream that does not exist yet has no runs; its first one is told live.
      console.info(`no runs: ${(error as Error).message}`);
    }
  }

  /** Whether the stream was cut meanwhile: what is held from there on is not its text any more. */
  private cutBy(piece: Piece): boolean {
    if (piece.truncated === undefined) return false;
    this.epoch = piece.epoch;
    this.view.truncate(piece.truncated);
    // Where rows come by themselves, the hub says so in turn.
    if (this.state.apart) this.view.append(this.view.buffer.unseen([truncatedNote(piece.truncated)]), null);
    return true;
  }

  private scrolled({ left, arrived }: Move): void {
    if (left) this.pause();
    else if (arrived && !this.state.following && !this.state.apart) this.toEnd();
  }

  /** Fetches, one thing at a time, the latest wish next. */
  private async load(some: () => Promise<void>, busy = ""): Promise<void> {
    if (this.closed) return;
    if (this.loading) {
      this.wanted = () => this.load(some, busy);
      return;
    }
    this.loading = true;
    this.wanted = null;
    this.change({ busy: busy || "Fetching …" });
    const before = this.view.buffer.firstOffset;
    const after = this.view.buffer.endOffset;
    let problem = "";
    try {
      await this.connection.whenLive();
      await some();
    } catch (error) {
      problem = (error as Error).message;
    }
    if (this.closed) return;
    this.change({ busy: "", problem });
    // Who was brought to a place may have it all in sight, and nothing to scroll.
    const came =
      busy !== "" || before !== this.view.buffer.firstOffset || after !== this.view.buffer.endOffset;
    setTimeout(() => {
      this.loading = false;
      // Whoever scrolled to an end meanwhile cannot scroll again to ask.
      if (this.wanted) this.wanted();
      else if (came && !problem) this.view.lookAround();
    }, REST_MS);
  }

  private schedule(apply: () => void): void {
    if (this.scheduled) return;
    this.scheduled = apply;
    nextFrame(() => {
      if (this.scheduled !== apply) return;
      this.scheduled = null;
      apply();
    });
  }

  private change(part: Partial<PaneState>): void {
    this.state = { ...this.state, ...part };
    if (!this.closed) this.events.changed(this.state);
  }
}
