// What is typed at a terminal, on its way to the command: in its order, one command at a time, so that nobody waits
// for a reply between two keys and a slow link carries many keys at once.

import { CallError } from "../wire/rpc";

const KEYS_AT_ONCE = 4096;
/** Past so much that nobody took, what is typed is not taken either. */
export const MOST_KEYS = 64 * 1024;
const MOST_WAIT_MS = 1000;

export interface Line {
  /** Sends a command under the lease; the same `idem` is done once. */
  send(command: string, args: Record<string, unknown>, idem: string): Promise<unknown>;
  /** Resolves once the hub can be asked. */
  whenLive(): Promise<void>;
  after(ms: number): Promise<void>;
  idem(): string;
}

interface Said {
  command: string;
  args: Record<string, unknown>;
  idem: string;
}

export class Typist {
  /** Why no more is sent, once that is so. */
  failure = "";
  private keys: number[] = [];
  private size: { rows: number; columns: number } | null = null;
  private readonly signals: string[] = [];
  private busy = false;
  private closed = false;

  constructor(
    private readonly line: Line,
    private readonly changed: () => void,
  ) {}

  /** Sends keys soon; says whether there was room for them. */
  type(data: Uint8Array): boolean {
    if (this.failure || this.closed || this.keys.length + data.length > MOST_KEYS) return false;
    // Not by spreading: what is pasted may be long.
    for (const byte of data) this.keys.push(byte);
    this.go();
    return true;
  }

  /** Sends the terminal's size soon; only the latest counts. */
  resize(rows: number, columns: number): void {
    this.size = { rows, columns };
    this.go();
  }

  signal(name: string): void {
    this.signals.push(name);
    this.go();
  }

  /** Sends nothing more. */
  close(): void {
    this.closed = true;
  }

  private async go(): Promise<void> {
    if (this.busy || this.failure || this.closed) return;
    this.busy = true;
    for (let said = this.next(); said && !this.failure && !this.closed; said = this.next())
      await this.say(said);
    this.busy = false;
  }

  private next(): Said | null {
    const idem = this.line.idem();
    if (this.size) {
      const args = this.size;
      this.size = null;
      return { command: "resize", args, idem };
    }
    if (this.keys.length) {
      const bytes = this.keys.splice(0, KEYS_AT_ONCE);
      return { command: "stdin", args: { data: btoa(String.fromCharCode(...bytes)) }, idem };
    }
    const name = this.signals.shift();
    return name === undefined ? null : { command: "signal", args: { name }, idem };
  }

  private async say(said: Said): Promise<void> {
    while (!this.failure && !this.closed) {
      try {
        const reply = (await this.line.send(said.command, said.args, said.idem)) as { error?: string } | null;
        // A size is no matter of life where there is no terminal; the greeting has told of that.
        if (said.command !== "resize" && reply?.error) this.fail(reply.error);
        return;
      } catch (error) {
        if (!(error instanceof CallError)) return this.fail((error as Error).message);
        if (error.code === "CLOSED") await this.line.whenLive();
        else if (error.retryAfter !== null) await this.line.after(Math.min(error.retryAfter, MOST_WAIT_MS));
        else return this.fail(error.message);
      }
    }
  }

  private fail(text: string): void {
    this.failure = text;
    this.changed();
  }
}
