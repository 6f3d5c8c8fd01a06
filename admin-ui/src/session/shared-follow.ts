// Several followers of one stream on one connection: the hub sends a stream once, however often it is asked for.

import { type Frame, numberAt } from "../wire/frame";

/** Who follows a stream: told what to ask for at each connect, and given its frames. */
export interface Follower {
  /** The stream's name. */
  readonly name: string;
  readonly epoch: number;
  /** Offset after the last byte that it took; null before the first one. */
  readonly next: number | null;
  /** The connection is gone: its aliases mean nothing any more. */
  lost(): void;
  subscription(id: string): { words: string[]; payload?: string };
  frame(frame: Frame): void;
}

/** Asks for what the one that is farthest behind needs, and gives each what it has not got yet. */
export class SharedFollow {
  readonly members = new Set<Follower>();
  /** The id of the subscription; empty before the first one. */
  id = "";

  constructor(readonly name: string) {}

  subscription(): { words: string[]; payload?: string } {
    const [first] = [...this.members].sort((a, b) => (a.next ?? -1) - (b.next ?? -1));
    return (first as Follower).subscription(this.id);
  }

  lost(): void {
    for (const member of this.members) member.lost();
  }

  frame(frame: Frame): void {
    const alone = this.members.size === 1;
    for (const member of this.members) {
      const rest = alone ? frame : unknownTo(member, frame);
      if (rest) member.frame(rest);
    }
  }
}

/** What of a frame is new to a follower; null where nothing is. */
function unknownTo({ next, epoch }: Follower, frame: Frame): Frame | null {
  if (next === null) return frame;
  const { args, keys } = frame;
  switch (frame.verb) {
    case "STREAM": {
      const same = Number(keys.epoch) === epoch && keys.truncate === undefined;
      return same && Number(keys.offset) < next
        ? { ...frame, keys: { ...keys, offset: String(next) } }
        : frame;
    }
    case "DATA": {
      const payload = frame.payload ?? new Uint8Array();
      const known = next - numberAt(frame, 1);
      if (known <= 0) return frame;
      if (known >= payload.length) return null;
      return { ...frame, args: placed(args, 1, next), payload: payload.subarray(known) };
    }
    case "GAP":
      if (numberAt(frame, 2) <= next) return null;
      return numberAt(frame, 1) >= next ? frame : { ...frame, args: placed(args, 1, next) };
    case "END":
      return numberAt(frame, 1) < next ? null : frame;
    case "RUN":
      return Number(args[2] ?? next) < next ? null : frame;
    default:
      return frame;
  }
}

function placed(args: string[], index: number, offset: number): string[] {
  return args.map((each, at) => (at === index ? String(offset) : each));
}
