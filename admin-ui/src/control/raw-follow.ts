// Follows a stream for a terminal: its bytes as they are, each once, and acknowledged when they are drawn.

import type { Follower } from "../session/shared-follow";
import { bytes as byteWords } from "../streams/format";
import { type Frame, numberAt } from "../wire/frame";

export interface Screen {
  /** Draws bytes; `drawn` is called once they are. */
  write(data: Uint8Array, drawn: () => void): void;
  /** Says something that is not the stream's. */
  note(text: string): void;
  /** The stream begins anew: what is drawn is not true any more. */
  reset(): void;
  /** All of the past has been drawn: answers to what it asked are none of today's. */
  live(): void;
  ended(text: string): void;
}

/** Bytes that may wait to be drawn; what comes on top of that is left out, and told. */
export const MOST_WAITING = 4 * 1024 * 1024;

export class RawFollow implements Follower {
  epoch = 0;
  next: number | null = null;
  private alias = 0;
  private waiting = 0;
  private skipped = 0;

  constructor(
    readonly name: string,
    private readonly lines: number,
    private readonly screen: Screen,
    private readonly acknowledge: (alias: number, offset: number) => void,
  ) {}

  subscription(id: string): { words: string[]; payload?: string } {
    const words = [id, this.name, `from=-${this.lines}`, "on_lag=skip"];
    if (this.next === null) return { words };
    return { words, payload: `${this.name} ${this.epoch}:${this.next}\n` };
  }

  lost(): void {
    this.alias = 0;
  }

  frame(frame: Frame): void {
    if (frame.verb === "STREAM") this.begin(frame);
    else if (frame.verb === "DATA") this.data(numberAt(frame, 1), frame.payload ?? new Uint8Array());
    else if (frame.verb === "GAP") this.gap(numberAt(frame, 1), numberAt(frame, 2));
    else if (frame.verb === "LIVE") this.after(() => this.screen.live());
    else if (frame.verb === "RUN") this.screen.note(`run ${frame.args[1]} begins`);
    else if (frame.verb === "END") this.screen.ended(frame.keys.status ?? frame.keys.cause ?? "ended");
    else if (frame.verb === "ERR") this.screen.ended(frame.text || (frame.args[0] ?? "refused"));
  }

  private begin(frame: Frame): void {
    const offset = Number(frame.keys.offset);
    const epoch = Number(frame.keys.epoch);
    const goesOn = this.next !== null && epoch === this.epoch && offset >= this.next;
    if (this.next !== null && !goesOn) this.screen.reset();
    if (this.next !== null && goesOn && offset > this.next) this.gap(this.next, offset);
    this.alias = numberAt(frame, 0);
    this.epoch = epoch;
    this.next = offset;
  }

  private data(offset: number, payload: Uint8Array): void {
    this.next = offset + payload.length;
    if (this.waiting + payload.length > MOST_WAITING) {
      this.skipped += payload.length;
      this.acknowledge(this.alias, this.next);
      return;
    }
    this.tellSkipped();
    const [alias, end] = [this.alias, this.next];
    this.waiting += payload.length;
    this.screen.write(payload, () => {
      this.waiting -= payload.length;
      if (alias === this.alias) this.acknowledge(alias, end);
      if (this.waiting === 0) this.tellSkipped();
    });
  }

  private gap(from: number, to: number): void {
    this.next = to;
    this.screen.note(`${byteWords(to - from)} are missing here`);
  }

  private tellSkipped(): void {
    if (this.skipped === 0) return;
    this.screen.note(`${byteWords(this.skipped)} came faster than they can be drawn, and are left out here`);
    this.skipped = 0;
  }

  /** Calls when all that came before is drawn. */
  private after(call: () => void): void {
    this.screen.write(new Uint8Array(), call);
  }
}
