// Follows one stream: frames to rows, and the cursor to go on from after a reconnect.

import type { Follower } from "../session/connection";
import { type Frame, numberAt } from "../wire/frame";
import { Assembler } from "./assembler";
import {
  endNote,
  gapNote,
  joined,
  type Note,
  type Row,
  runNote,
  type TextLine,
  truncatedNote,
  uncountable,
} from "./rows";

export interface FollowEvents {
  /** Rows that are complete, and the unfinished last line as it is now. */
  rows(rows: Row[], partial: TextLine | null): void;
  /** Everything from `offset` on is to be dropped. */
  truncated(offset: number): void;
  /** State words for the head of the view. */
  state(state: "waiting" | "reading" | "live" | "ended", detail: string): void;
  /** Nobody has told which number the line has that begins at `offset`. */
  unnumbered(offset: number): void;
  /** A run began or ended. */
  run(run: number, offset: number, ended: { status: string | null; cause: string | null } | null): void;
}

/** Where to go on: after what was fetched of the stream. */
export interface Seam {
  epoch: number;
  next: number;
  line: number | null;
}

const FIRST_LINES = 500;
const ACK_BYTES = 256 * 1024;
const MOST_FRESH = 5000;

export class StreamFollow implements Follower {
  epoch = 0;
  /** Offset after the last byte that was taken. */
  next: number | null = null;
  private alias = 0;
  private unacknowledged = 0;
  private ended: string | null = null;
  /** What comes is of now, and no more of what there was. */
  private isLive = false;
  /** Where the stream was when what comes began to be new; null while that is what an ended one still had. */
  private newFrom: number | null = null;
  /** When the last bytes came, as the hub tells. */
  private lastAt: number | undefined;
  private assembler = new Assembler();
  private fresh: Row[] = [];
  private shown: TextLine | null = null;
  /** From where on nobody has told the numbers of lines, and how many of them ended since; null where they are known. */
  private unnumbered: { from: number; lines: number } | null = null;

  constructor(
    readonly name: string,
    private readonly events: FollowEvents,
    private readonly acknowledge: (alias: number, offset: number) => void,
    private readonly schedule: (apply: () => void) => void,
    seam?: Seam,
  ) {
    if (!seam) return;
    this.epoch = seam.epoch;
    this.next = seam.next;
    this.assembler.line = seam.line;
  }

  subscription(id: string): { words: string[]; payload?: string } {
    const words = [id, this.name, `from=-${FIRST_LINES}`, "on_lag=skip"];
    if (this.next === null) return { words };
    return { words, payload: `${this.name} ${this.epoch}:${this.next}\n` };
  }

  lost(): void {
    this.alias = 0;
    this.unacknowledged = 0;
  }

  /** Whether what begins at `offset` came since this was followed. */
  isNew(offset: number): boolean {
    return this.newFrom !== null && offset >= this.newFrom;
  }

  /** Hands out now what would be handed out with the next frame. */
  settle(): void {
    this.apply();
  }

  /** Says which number the line has that begins at `offset`; those after a break that came since have none by that. */
  numberOn(offset: number, line: number): void {
    if (this.unnumbered?.from !== offset) return;
    this.assembler.line = line + this.unnumbered.lines;
    this.unnumbered = null;
    this.schedule(() => this.apply());
  }

  frame(frame: Frame): void {
    switch (frame.verb) {
      case "STREAM":
        this.begin(frame);
        break;
      case "DATA":
        this.data(frame);
        break;
      case "GAP":
        this.gap(frame);
        break;
      case "RUN":
        this.run(frame);
        break;
      case "END":
        this.end(frame);
        break;
      case "LIVE":
        this.isLive = true;
        if (this.ended === null) this.events.state("live", "");
        break;
      case "ERR":
        this.refused(frame);
        break;
    }
  }

  private begin(frame: Frame): void {
    const offset = Number(frame.keys.offset);
    const again = this.alias === numberAt(frame, 0);
    this.alias = numberAt(frame, 0);
    this.unacknowledged = 0;
    this.epoch = Number(frame.keys.epoch);
    if (again) return;
    this.isLive = false;
    if (frame.keys.truncate !== undefined) {
      this.truncate(offset);
      this.tell(truncatedNote(offset));
      this.unnumber(offset);
    } else if (this.next !== null && offset < this.next) {
      // The same bytes come again.
      this.truncate(offset);
      this.unnumber(offset);
    } else if (this.next !== null && offset > this.next) {
      this.missing(this.next, offset, "unknown", Date.now());
    }
    const first = this.next === null;
    this.next = offset;
    if (first || this.assembler.line === null) this.unnumber(offset);
    this.ended = null;
    const over = frame.keys.state === "ended";
    // Who comes back reads what came meanwhile, which is new wherever it ended; after a truncation it begins sooner.
    if (!over || this.newFrom !== null) this.newFrom = Math.min(this.newFrom ?? offset, offset);
    this.events.state(over ? "reading" : "live", "");
  }

  private data(frame: Frame): void {
    const offset = numberAt(frame, 1);
    const payload = frame.payload ?? new Uint8Array();
    this.lastAt = numberAt(frame, 2);
    const rows = this.assembler.push(offset, this.lastAt, payload, frame.keys.ch);
    if (this.unnumbered) this.unnumbered.lines += rows.length;
    this.add(rows);
    this.next = offset + payload.length;
    this.unacknowledged += payload.length;
    if (this.unacknowledged < ACK_BYTES) return;
    this.acknowledge(this.alias, this.next);
    this.unacknowledged = 0;
  }

  private gap(frame: Frame): void {
    const from = numberAt(frame, 1);
    const to = numberAt(frame, 2);
    // Nobody tells when bytes of the past went missing: it was after those before them.
    this.missing(from, to, frame.keys.reason ?? "unknown", this.isLive ? Date.now() : this.lastAt);
    this.next = to;
  }

  private truncate(offset: number): void {
    this.apply();
    this.assembler.truncate(offset);
    this.events.truncated(offset);
  }

  private missing(from: number, to: number, reason: string, at: number | undefined): void {
    this.tell(gapNote(from, to, reason, at));
    if (uncountable(reason)) this.unnumber(to);
  }

  private unnumber(offset: number): void {
    this.assembler.line = offset === 0 ? 0 : null;
    this.unnumbered = offset === 0 ? null : { from: offset, lines: 0 };
    if (offset > 0) this.events.unnumbered(offset);
  }

  private run(frame: Frame): void {
    this.ended = null;
    const run = Number(frame.args[1]);
    const offset = Number(frame.args[2] ?? this.next ?? 0);
    this.newFrom ??= offset;
    this.events.run(run, offset, null);
    this.tell(runNote(run, offset, this.isLive ? Date.now() : undefined));
    this.events.state("live", "");
  }

  private end(frame: Frame): void {
    const status = frame.keys.status ?? null;
    const cause = frame.keys.cause ?? null;
    const run = Number(frame.keys.run);
    const offset = numberAt(frame, 1);
    this.ended = status ?? cause ?? "";
    this.events.run(run, offset, { status, cause });
    this.tell(endNote(run, offset, { status, cause }));
    this.events.state("ended", this.ended);
  }

  private refused(frame: Frame): void {
    const text = `the hub refused: ${frame.args[0]} ${frame.text}`;
    const offset = this.next ?? 0;
    this.tell({ kind: "note", tone: "failed", key: `refused:${offset}`, offset, text });
  }

  /** A note ends an unfinished line. */
  private tell(note: Note): void {
    const unfinished = this.assembler.flush();
    this.add([...(unfinished ? [unfinished] : []), note]);
  }

  private add(rows: Row[]): void {
    // Not by spreading: a message may hold a million empty lines.
    for (const row of rows) {
      const gap = joined(this.fresh.at(-1), row);
      if (gap) this.fresh[this.fresh.length - 1] = gap;
      else this.fresh.push(row);
    }
    // Rows are drawn once a frame, however many messages came meanwhile; a hidden tab's timer may be a minute late.
    if (this.fresh.length > MOST_FRESH) this.apply();
    else this.schedule(() => this.apply());
  }

  private apply(): void {
    const fresh = this.fresh;
    this.fresh = [];
    const partial = this.assembler.partial;
    const same =
      partial?.text === this.shown?.text &&
      partial?.offset === this.shown?.offset &&
      partial?.line === this.shown?.line;
    if (!same) this.shown = partial;
    this.events.rows(fresh, this.shown);
  }
}
