// Bytes to lines, whatever the chunks cut: a line's text is decoded when all of its bytes are there.

export interface TextLine {
  kind: "line";
  offset: number;
  text: string;
  at: number;
}

export interface Note {
  kind: "note";
  tone: "gap" | "run" | "end" | "failed" | "truncated";
  text: string;
}

export type Row = TextLine | Note;

const LF = 10;
const KEPT_BYTES = 64 * 1024;

export class Assembler {
  private parts: Uint8Array[] = [];
  private size = 0;
  private start = 0;
  private at = 0;

  /** Takes bytes at a stream offset; returns the lines that they finish. */
  push(offset: number, at: number, data: Uint8Array): TextLine[] {
    const lines: TextLine[] = [];
    let begin = 0;
    while (begin < data.length) {
      if (this.size === 0) {
        this.start = offset + begin;
        this.at = at;
      }
      const end = data.indexOf(LF, begin);
      const stop = end < 0 ? data.length : end;
      this.keep(data.subarray(begin, stop));
      if (end < 0) break;
      // The LF belongs to the line: an empty line is one, too.
      lines.push(this.take());
      begin = end + 1;
    }
    return lines;
  }

  /** The unfinished last line, or null. */
  get partial(): TextLine | null {
    return this.size === 0 ? null : { kind: "line", offset: this.start, text: this.text(), at: this.at };
  }

  /** Ends an unfinished line, as a gap or the end of a run does. */
  flush(): TextLine | null {
    return this.size === 0 ? null : this.take();
  }

  private keep(data: Uint8Array): void {
    const held = this.parts.reduce((sum, part) => sum + part.length, 0);
    // A copy: the message that the bytes came in should not be kept for one line of it.
    if (held < KEPT_BYTES && data.length) this.parts.push(data.slice(0, KEPT_BYTES - held));
    this.size += data.length;
  }

  private take(): TextLine {
    const line: TextLine = { kind: "line", offset: this.start, text: this.text(), at: this.at };
    this.parts = [];
    this.size = 0;
    return line;
  }

  private text(): string {
    const decoder = new TextDecoder();
    const text = this.parts.map((part) => decoder.decode(part, { stream: true })).join("") + decoder.decode();
    const held = this.parts.reduce((sum, part) => sum + part.length, 0);
    return held < this.size ? `${text} … (${this.size} bytes)` : text;
  }
}
