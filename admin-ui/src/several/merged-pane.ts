// Some streams as one text in one box: what is live, what was fetched, and where the reader is. As viewer/pane.ts does
// for one stream, with merger.ts in the place of one stream's history.

import type { Connection } from "../session/connection";
import type { LineRules } from "../viewer/line-rules";
import type { Look } from "../viewer/look";
import { nextFrame } from "../viewer/next-frame";
import { FIRST_STATE, type PaneState } from "../viewer/pane";
import { isAt, type RowPlace } from "../viewer/row-place";
import type { Note, Row, TextLine } from "../viewer/rows";
import { Runs } from "../viewer/runs";
import type { Move } from "../viewer/scrolling";
import { StreamFollow } from "../viewer/stream-follow";
import type { Target } from "../viewer/target";
import { TextView } from "../viewer/text-view";
import type { LinesAnswer, RunsAnswer } from "../wire/types";
import { HOLD_MS } from "./late-window";
import { MergeSource, Truncated } from "./merge-source";
import { Merger, type Named } from "./merger";
import { type Opening, openAt } from "./opening";

export interface MergedEvents {
  changed(state: PaneState): void;
  /** Another row is the first one in sight. */
  moved(): void;
  /** Somebody wants to see a row in its own stream: where it is there, as an address has it. */
  open(name: string, at: string): void;
  /** Rows of a stream that came live, with their places in it. */
  fresh(source: number, rows: Row[]): void;
}

const REST_MS = 50;
/** So often the places are told again when streams were cut while they were read. */
const MOST_CUTS = 5;

export class MergedPane {
  readonly view: TextView;
  private readonly merger: Merger;
  private state = FIRST_STATE;
  private follows: (StreamFollow | null)[] = [];
  private unfollow: (() => void)[] = [];
  private closed = false;
  private loading = false;
  private wanted: (() => Promise<void>) | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private drawing = false;
  /** The number of lines of all when rows stopped coming by themselves. */
  private linesThen: number | null = null;
  private readonly applies = new Map<number, () => void>();
  private readonly resized: ResizeObserver;

  constructor(
    private readonly names: readonly Named[],
    box: HTMLElement,
    private readonly connection: Connection,
    private readonly events: MergedEvents,
    /** How many lines a stream has by now, as the list of streams knows it. */
    private readonly linesNow: (name: string) => number,
  ) {
    this.view = new TextView(box, {
      scrolled: (move) => this.scrolled(move),
      wantsOlder: () => this.load(() => this.older()),
      wantsNewer: () => this.state.apart && this.load(() => this.newer()),
      selects: () => this.pause(),
      sees: () => this.events.moved(),
      fetch: (gap) => this.openRow(gap),
      link: (row) => this.openRow(row),
    });
    this.merger = new Merger(
      names.map(({ name }, index) => this.source(name, index)),
      names,
    );
    this.resized = new ResizeObserver(() => this.view.draw());
    this.resized.observe(box);
  }

  open(target: Target): void {
    this.load(async () => {
      await Promise.all(this.merger.sources.map((source) => this.loadRuns(source)));
      await this.begin(target);
    }, "Fetching …");
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    this.resized.disconnect();
    this.detach();
    this.view.close();
  }

  get inSight(): Row | undefined {
    return this.view.inSight;
  }

  /** Whether the rows held end before the streams do. */
  get isApart(): boolean {
    return this.state.apart;
  }

  /** The time that is read; an offset means nothing here. */
  get seen(): Target | null {
    const at = this.view.rowAt(1 / 4)?.at;
    return at === undefined ? null : { kind: "time", at };
  }

  setLook(look: Look): void {
    // Rows of others lie between those of a group, and time is what one reads here: nothing is folded.
    this.view.setLook({ ...look, fold: false });
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
    this.change({ following: false, missed: 0 });
  }

  /** Follows from the end on. */
  toEnd(): void {
    if (this.state.apart) {
      this.goTo({ kind: "end" });
      return;
    }
    this.view.unmark();
    this.view.following = true;
    this.change({ following: true, missed: 0, problem: "" });
    this.view.scrollToEnd();
  }

  /** Shows the end, the start, or a time. */
  goTo(target: Target): void {
    this.load(() => this.begin(target), "Going there …");
  }

  /** Shows a row where it is in the text, without asking the hub where it is held. */
  reveal(place: RowPlace): void {
    const row = this.view.buffer.all.find((each) => isAt(each, place));
    if (!row) {
      this.load(() => this.begin({ kind: "row", place }), "Going there …");
      return;
    }
    this.pause();
    this.view.show(row.offset);
  }

  /** Counts what came while nothing comes by itself; called now and then. */
  tick(now: number): void {
    if (this.state.apart) {
      this.linesThen ??= this.lines - this.state.missed;
      const missed = Math.max(0, this.lines - this.linesThen);
      if (missed !== this.state.missed) this.change({ missed });
    }
    this.view.refreshGutters(now);
  }

  private get lines(): number {
    return this.names.reduce((sum, { name }) => sum + this.linesNow(name), 0);
  }

  private source(name: string, index: number): MergeSource {
    const ask = (from: unknown, before: boolean, count: number): Promise<LinesAnswer> => {
      const epoch = this.merger.sources[index]?.epoch || null;
      return this.connection.call<LinesAnswer>("stream.lines", { stream: name, epoch, from, before, count });
    };
    return new MergeSource(index, ask, new Runs());
  }

  private async loadRuns(source: MergeSource): Promise<void> {
    const { name = "" } = this.names[source.index] ?? {};
    try {
      source.runs.set((await this.connection.call<RunsAnswer>("stream.runs", { stream: name })).runs);
    } catch (error) {
      // A stream that does not exist yet has no runs; its first one is told live.
      console.info(`no runs: ${(error as Error).message}`);
    }
  }

  private async begin(target: Opening): Promise<void> {
    this.detach();
    await Promise.all(this.merger.sources.map((source) => openAt(source, target)));
    if (target.kind === "end") {
      const rows = await this.merger.openEnd(performance.now(), HOLD_MS);
      if (this.closed) return;
      this.view.following = true;
      this.view.replaceAll(rows);
      this.attach();
      this.change({ following: true, missed: 0, problem: "" });
      return;
    }
    const { rows, at: row } = await this.merger.openAround();
    if (this.closed) return;
    this.linesThen = null;
    this.view.following = false;
    this.change({ following: false, missed: 0, apart: true, problem: "" });
    this.view.replaceAll(rows);
    if (row) this.view.show(row.offset);
    if (this.merger.atEnd) this.attach();
  }

  /** From now on rows come by themselves. */
  private attach(): void {
    if (this.closed) return;
    this.follows = this.merger.sources.map((source) => this.follow(source));
    this.unfollow = this.follows.flatMap((follow) => (follow ? [this.connection.follow(follow)] : []));
    this.change({ apart: false, phase: "live" });
    this.wake();
  }

  private follow(source: MergeSource): StreamFollow {
    const { index } = source;
    const { name = "" } = this.names[index] ?? {};
    const follow = new StreamFollow(
      name,
      {
        rows: (rows, partial) => this.take(source, follow, rows, partial),
        truncated: (offset) => this.truncate(index, offset, follow.epoch),
        state: () => undefined,
        unnumbered: (offset) => {
          source.lineAt(offset).then(
            (line) => this.follows[index] === follow && follow.numberOn(offset, line),
            (error: Error) => console.warn(`no line numbers: ${error.message}`),
          );
        },
        run: (run, offset, ended) => {
          if (ended) source.runs.ended(run, offset, ended.status, ended.cause);
          else source.runs.began(run, offset, Date.now());
        },
      },
      (alias, offset) => this.connection.acknowledge(alias, offset),
      (apply) => this.draw(index, apply),
      source.epoch ? source.seam : undefined,
    );
    return follow;
  }

  private detach(): void {
    for (const stop of this.unfollow) stop();
    this.unfollow = [];
    this.follows = [];
    this.applies.clear();
  }

  private part(): void {
    this.detach();
    this.merger.part();
    this.linesThen = null;
    this.change({ apart: true, following: false });
  }

  private take(source: MergeSource, follow: StreamFollow, rows: Row[], partial: TextLine | null): void {
    if (this.follows[source.index] !== follow) return;
    const entries = source.live(rows, follow, partial);
    this.merger.live(source.index, entries, partial, performance.now());
    this.events.fresh(source.index, rows);
  }

  /** Applies what came of all streams at the next frame, and shows what has waited. */
  private draw(index: number, apply: () => void): void {
    this.applies.set(index, apply);
    this.wake();
  }

  private wake(): void {
    if (this.drawing || this.closed) return;
    this.drawing = true;
    nextFrame(() => {
      this.drawing = false;
      const applies = [...this.applies.values()];
      this.applies.clear();
      for (const each of applies) each();
      if (!this.closed && !this.state.apart) this.show();
    });
  }

  private show(): void {
    const { buffer } = this.view;
    const { late } = this.merger;
    if (!this.state.following && buffer.length + late.size > buffer.maxRows) {
      // More would push out what is read: the rest waits at the hub.
      this.part();
      return;
    }
    const rows = this.merger.due(performance.now());
    this.merger.dropped(this.view.append(rows, this.merger.partial), true);
    if (!this.state.following && rows.length) {
      const lines = rows.filter((row) => row.kind === "line");
      this.change({ missed: this.state.missed + lines.length });
    }
    clearTimeout(this.timer);
    if (late.size) this.timer = setTimeout(() => this.wake(), HOLD_MS / 4);
  }

  private async older(): Promise<void> {
    const rows = await this.merger.older();
    const dropped = rows.length ? this.view.prepend(rows) : [];
    if (!dropped.length) return;
    if (!this.state.apart) this.part();
    this.merger.dropped(dropped, false);
  }

  private async newer(): Promise<void> {
    this.merger.dropped(this.view.append(await this.merger.newer(), null), true);
    if (this.merger.atEnd && this.state.apart) this.attach();
  }

  private truncate(index: number, offset: number, epoch: number): void {
    const { buffer } = this.view;
    const kept = this.merger.truncate(index, offset, epoch, buffer.all);
    const first = buffer.all.findIndex((row, at) => row !== kept[at]);
    const from = buffer.at(first);
    if (from) this.view.fill(from, Number.POSITIVE_INFINITY, kept.slice(first));
  }

  private openRow(row: TextLine | Note): void {
    if (row.source) this.events.open(row.source.name, this.merger.addressOf(row.source));
  }

  private scrolled({ left, arrived }: Move): void {
    if (left) this.pause();
    else if (arrived && !this.state.following && !this.state.apart) this.toEnd();
  }

  /** Fetches, one thing at a time, the latest wish next. */
  private async load(some: () => Promise<void>, busy = "Fetching …"): Promise<void> {
    if (this.closed) return;
    if (this.loading) {
      this.wanted = some;
      return;
    }
    this.loading = true;
    this.wanted = null;
    this.change({ busy });
    const before = this.view.buffer.length;
    let problem = "";
    try {
      await this.connection.whenLive();
      await this.despiteCuts(some);
    } catch (error) {
      problem = (error as Error).message;
    }
    if (this.closed) return;
    this.change({ busy: "", problem });
    const came = before !== this.view.buffer.length;
    setTimeout(() => {
      this.loading = false;
      if (this.wanted) this.load(this.wanted);
      else if (came && !problem) this.view.lookAround();
    }, REST_MS);
  }

  /** Tries again where a stream was cut meanwhile: the rest of it is to be fetched anew. */
  private async despiteCuts(some: () => Promise<void>): Promise<void> {
    for (let cuts = 0; ; cuts++) {
      try {
        await some();
        return;
      } catch (error) {
        if (!(error instanceof Truncated) || cuts >= MOST_CUTS) throw error;
        this.truncate(error.source, error.offset, error.epoch);
      }
    }
  }

  private change(part: Partial<PaneState>): void {
    this.state = { ...this.state, ...part };
    if (!this.closed) this.events.changed(this.state);
  }
}
