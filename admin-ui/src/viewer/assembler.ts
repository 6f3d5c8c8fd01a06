// Bytes to lines, whatever the chunks cut: a line's text is decoded when all of its bytes are there.

import type { TextLine } from "./rows";

export type { Note, Row, TextLine } from "./rows";

const LF = 10;
const CR = 13;
const KEPT_BYTES = 64 * 1024;
const SMALL_BYTES = 256;
/** GitLab writes a section's name and draws over it: nothing of such a line is dropped. */
const SECTION = /^(?:\x1b\[0K)?section_(?:start|end):/;

const decoder = new TextDecoder();

export class Assembler {
  /** How many LFs come before the next line; null while nobody knows. */
  line: number | null = null;
  private held = new Uint8Array(SMALL_BYTES);
  private used = 0;
  /** Bytes of the line that are not held: past the bound, or drawn over by a carriage return. */
  private cut = 0;
  private size = 0;
  private start = 0;
  private at = 0;
  private channel: string | undefined;

  /** Takes bytes at a stream offset; returns the lines that they finish. */
  push(offset: number, at: number, data: Uint8Array, channel?: string): TextLine[] {
    const lines: TextLine[] = [];
    let begin = 0;
    while (begin < data.length) {
      if (this.size === 0) {
        this.start = offset + begin;
        this.at = at;
        this.channel = channel;
      }
      const end = data.indexOf(LF, begin);
      this.keep(data.subarray(begin, end < 0 ? data.length : end));
      if (end < 0) break;
      // The LF belongs to the line: an empty line is one, too.
      lines.push(this.take(true));
      begin = end + 1;
    }
    return lines;
  }

  /** The unfinished last line, or null. */
  get partial(): TextLine | null {
    return this.size === 0 ? null : this.row(false);
  }

  /** Ends an unfinished line, as a gap or the end of a run does. */
  flush(): TextLine | null {
    return this.size === 0 ? null : this.take(false);
  }

  /** Drops the bytes from an offset on; those before it stay, unless something was drawn over them. */
  truncate(offset: number): void {
    const whole = this.size === this.used && offset > this.start;
    this.used = this.size = whole ? Math.min(this.size, offset - this.start) : 0;
    this.cut = 0;
  }

  private keep(data: Uint8Array): void {
    this.size += data.length;
    const fresh = this.drawOver(data);
    const room = Math.min(fresh.length, KEPT_BYTES - this.used);
    if (this.used + room > this.held.length) {
      const grown = new Uint8Array(Math.min(KEPT_BYTES, Math.max(2 * this.held.length, this.used + room)));
      grown.set(this.held.subarray(0, this.used));
      this.held = grown;
    }
    this.held.set(fresh.subarray(0, room), this.used);
    this.used += room;
    this.cut += fresh.length - room;
  }

  /** Drops what a carriage return has drawn over: a progress bar may run for hours in one line. */
  private drawOver(data: Uint8Array): Uint8Array {
    let end = data.length;
    while (end > 0 && data[end - 1] === CR) end -= 1;
    if (end === 0) return data;
    const again = data.lastIndexOf(CR, end - 1);
    if (again < 0 && !this.endsWithReturn) return data;
    if (this.isSection(data)) return data;
    this.used = 0;
    this.cut = 0;
    return data.subarray(again + 1);
  }

  private isSection(data: Uint8Array): boolean {
    const head = new Uint8Array(32);
    const own = Math.min(32, this.used);
    head.set(this.held.subarray(0, own));
    head.set(data.subarray(0, 32 - own), own);
    return SECTION.test(decoder.decode(head));
  }

  private get endsWithReturn(): boolean {
    return this.used > 0 && this.held[this.used - 1] === CR;
  }

  private take(finished: boolean): TextLine {
    const line = this.row(finished);
    this.used = 0;
    this.cut = 0;
    this.size = 0;
    if (finished && this.line !== null) this.line += 1;
    if (this.held.length > 4096) this.held = new Uint8Array(SMALL_BYTES);
    return line;
  }

  private row(finished: boolean): TextLine {
    const end = this.start + this.size + (finished ? 1 : 0);
    const line: TextLine = { kind: "line", offset: this.start, end, text: this.text(), at: this.at };
    if (this.line !== null) line.line = this.line;
    if (this.channel !== undefined) line.ch = this.channel;
    if (!finished) line.partial = true;
    return line;
  }

  private text(): string {
    const text = decoder.decode(this.held.subarray(0, this.used));
    return this.cut > 0 ? `${text} … (${this.used + this.cut} bytes)` : text;
  }
}
