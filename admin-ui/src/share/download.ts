// Text of a stream as a file: a range of its bytes, or the lines that a filter shows of all that is kept.

import { plainText } from "../viewer/ansi";
import type { Watch } from "../wire/rpc";
import type { LineRow, LinesAnswer, StreamLinesParams } from "../wire/types";

export type AskLines = (params: StreamLinesParams, watch: Watch) => Promise<LinesAnswer>;

/** How far it is, in bytes of the stream. */
export type Told = (done: number, of: number) => void;

const PAGE = 10_000;
/** The browser holds the text until it is whole. */
export const MOST_BYTES = 512 * 1024 * 1024;

/** Where the line ends that begins at an offset. */
export async function lineEnd(ask: AskLines, stream: string, offset: number): Promise<number> {
  const [line] = (await ask({ stream, from: offset, count: 1 }, {})).lines;
  if (!line || line.offset > offset) throw new Error("this line is not kept any more");
  return line.offset + line.bytes + (line.partial ? 0 : 1);
}

/** The bytes of a stream between two offsets. */
export async function rangeOf(
  address: string,
  from: number,
  to: number,
  told: Told,
  signal: AbortSignal,
): Promise<Blob> {
  if (to - from > MOST_BYTES) throw new Error("so much does not fit a browser: download everything instead");
  const answer = await fetch(address, { headers: { Range: `bytes=${from}-${to - 1}` }, signal });
  if (answer.status !== 206 || !answer.body)
    throw new Error(answer.status === 416 ? "these lines are not kept any more" : `HTTP ${answer.status}`);
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let done = 0;
  for (const reader = answer.body.getReader(); ; ) {
    const { value, done: over } = await reader.read();
    if (over) break;
    parts.push(value);
    done += value.length;
    told(done, to - from);
  }
  return new Blob(parts, { type: "text/plain" });
}

export interface Filtered {
  text: Blob;
  lines: number;
  /** Lines that are longer than the hub tells: their beginning is in the text. */
  cut: number;
}

/** All lines of a stream, from its first kept one up to `end`, that are accepted. */
export async function filteredOf(
  ask: AskLines,
  stream: string,
  { start, end }: { start: number; end: number },
  accept: (plain: string, line: LineRow) => boolean,
  told: Told,
  signal: AbortSignal,
): Promise<Filtered> {
  const parts: string[] = [];
  let size = 0;
  let lines = 0;
  let cut = 0;
  let epoch: number | null = null;
  for (let from = start; from < end; ) {
    const answer: LinesAnswer = await ask({ stream, epoch, from, count: PAGE }, { signal });
    if (answer.truncate !== undefined) throw new Error("the stream was cut meanwhile: try again");
    const wanted = answer.lines.filter((line) => line.offset < end && accept(plainText(line.text), line));
    const text = wanted.map((line) => `${line.text}\n`).join("");
    parts.push(text);
    size += text.length;
    if (size > MOST_BYTES) throw new Error("so much does not fit a browser: narrow the filter");
    lines += wanted.length;
    cut += wanted.filter((line) => line.cut).length;
    const next = answer.next[1];
    if (next <= from) break;
    [epoch] = answer.next;
    from = next;
    told(Math.min(from, end) - start, end - start);
  }
  return { text: new Blob(parts, { type: "text/plain" }), lines, cut };
}

/** A name for a file of a stream's text. */
export function fileName(stream: string, what = ""): string {
  return `${stream.replaceAll("/", "-")}${what && `.${what}`}.log`;
}

/** Lets the browser keep a text as a file. */
export function save(text: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(text);
  link.download = name;
  link.click();
  // Some browsers begin to read only after the click is over.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
