// Follows one stream: frames to rows, and the cursor to go on from after a reconnect.

import type { Follower } from "../session/connection";
import { type Frame, numberAt } from "../wire/frame";
import { Assembler, gapNote, type Note, type Row } from "./assembler";

export interface FollowEvents {
  /** Rows that are complete, and the unfinished last line as it is now. */
  rows(rows: Row[], partial: Row | null): void;
  /** Everything from `offset` on is to be dropped. */
  truncated(offset: number): void;
  /** State words for the head of the view. */
  state(state: "waiting" | "reading" | "live" | "ended", detail: string): void;
}

const FIRST_LINES = 1000;
const ACK_BYTES = 256 * 1024;
const MOST_FRESH = 5000;

export class StreamFollow implements Follower {
  epoch = 0;
  /** Offset after the last byte that was taken. */
  next: number | null = null;
  private alias = 0;
  private unacknowledged = 0;
  private held = false;
  private ended: string | null = null;
  private assembler = new Assembler();
  private fresh: Row[] = [];

  constructor(
    readonly name: string,
    private readonly events: FollowEvents,
    private readonly acknowledge: (alias: number, offset: number) => void,
    private readonly schedule: (apply: () => void) => void,
  ) {}

  subscription(id: string): { words: string[]; payload?: string } {
    const words = [id, this.name, `from=-${FIRST_LINES}`];
    if (this.next === null) return { words };
    return { words, payload: `${this.name} ${this.epoch}:${this.next}\n` };
  }

  lost(): void {
    this.alias = 0;
    this.unacknowledged = 0;
  }

  /** While held, nothing is acknowledged: the hub stops sending when the window is full, and nothing is lost. */
  hold(held: boolean): void {
    this.held = held;
    if (!held) this.ack(true);
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
        this.ended = null;
        this.note("run", `run ${frame.args[1]} begins`);
        this.events.state("live", "");
        break;
      case "END":
        this.end(frame);
        break;
      case "LIVE":
        if (this.ended === null) this.events.state("live", "");
        break;
      case "ERR":
        this.note("failed", `the hub refused: ${frame.args[0]} ${frame.text}`);
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
    if (frame.keys.truncate !== undefined) {
      this.truncate(offset);
      this.note("truncated", "the hub does not have what came after this any more (it was restarted)");
    } else if (this.next !== null && offset < this.next) {
      // The same bytes come again.
      this.truncate(offset);
    } else if (this.next !== null && offset > this.next) {
      this.missing(this.next, offset, "unknown");
    }
    this.next = offset;
    this.ended = null;
    this.events.state(frame.keys.state === "ended" ? "reading" : "live", "");
  }

  private data(frame: Frame): void {
    const offset = numberAt(frame, 1);
    const payload = frame.payload ?? new Uint8Array();
    this.add(this.assembler.push(offset, numberAt(frame, 2), payload));
    this.next = offset + payload.length;
    this.unacknowledged += payload.length;
    this.ack(false);
  }

  private gap(frame: Frame): void {
    const from = numberAt(frame, 1);
    const to = numberAt(frame, 2);
    this.missing(from, to, frame.keys.reason ?? "unknown");
    this.next = to;
  }

  private truncate(offset: number): void {
    this.apply();
    this.assembler.truncate(offset);
    this.events.truncated(offset);
  }

  private missing(from: number, to: number, reason: string): void {
    this.tell(gapNote(from, to, reason));
  }

  private end(frame: Frame): void {
    const status = frame.keys.status ?? frame.keys.cause ?? "";
    this.ended = status;
    const failed = frame.keys.status !== undefined && frame.keys.status !== "exit:0";
    this.note(failed ? "failed" : "end", `run ${frame.keys.run} ended: ${status}`);
    this.events.state("ended", status);
  }

  private ack(now: boolean): void {
    if (this.held || this.next === null || (!now && this.unacknowledged < ACK_BYTES)) return;
    this.acknowledge(this.alias, this.next);
    this.unacknowledged = 0;
  }

  private note(tone: Note["tone"], text: string): void {
    this.tell({ kind: "note", tone, text });
  }

  /** A note ends an unfinished line. */
  private tell(note: Note): void {
    const unfinished = this.assembler.flush();
    this.add([...(unfinished ? [unfinished] : []), note]);
  }

  private add(rows: Row[]): void {
    // Not by spreading: a message may hold a million empty lines.
    for (const row of rows) this.fresh.push(row);
    // Rows are drawn once a frame, however many messages came meanwhile; a hidden tab's timer may be a minute late.
    if (this.fresh.length > MOST_FRESH) this.apply();
    else this.schedule(() => this.apply());
  }

  private apply(): void {
    const fresh = this.fresh;
    this.fresh = [];
    this.events.rows(fresh, this.assembler.partial);
  }
}
