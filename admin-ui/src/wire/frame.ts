// One frame of the data port: a header line of words and keys, and perhaps a counted payload.

export interface Frame {
  verb: string;
  args: string[];
  keys: Record<string, string>;
  text: string;
  payload: Uint8Array | null;
}

const decoder = new TextDecoder();
const encoder = new TextEncoder();
const LF = 10;

/** Parses exactly one frame, as a binary message carries it. Throws on anything else. */
export function parseFrame(data: Uint8Array): Frame {
  const end = data.indexOf(LF);
  let header = decoder.decode(end < 0 ? data : data.subarray(0, end)).replace(/\r$/, "");
  let text = "";
  const colon = header.indexOf(" :");
  if (colon >= 0) {
    text = header.slice(colon + 2);
    header = header.slice(0, colon);
  }
  const words = header.split(" ");
  const verb = words.shift() ?? "";
  if (!/^[A-Z]{1,12}$/.test(verb)) throw new Error("a frame begins with a verb");
  let payload: Uint8Array | null = null;
  const length = /^\{(\d{1,8})\}$/.exec(words.at(-1) ?? "");
  if (length) {
    words.pop();
    const size = Number(length[1]);
    if (end < 0 || data.length !== end + size + 2 || data[data.length - 1] !== LF) {
      throw new Error("a payload is not as long as announced");
    }
    payload = data.subarray(end + 1, end + 1 + size);
  }
  const args: string[] = [];
  const keys: Record<string, string> = {};
  for (const word of words) {
    const pair = /^([a-z][a-z0-9_]*)=(.*)$/.exec(word);
    if (pair) keys[pair[1] as string] = decodeURIComponent(pair[2] as string);
    else args.push(decodeURIComponent(word));
  }
  return { verb, args, keys, text, payload };
}

/** Prints a frame. Words are percent-encoded where they have to be. */
export function printFrame(
  verb: string,
  words: (string | number)[],
  payload?: string,
): Uint8Array<ArrayBuffer> {
  const header = [verb, ...words.map(quote)].join(" ");
  if (payload === undefined) return encoder.encode(`${header}\n`);
  const body = encoder.encode(payload);
  return encoder.encode(`${header} {${body.length}}\n${payload}\n`);
}

function quote(word: string | number): string {
  return String(word).replace(/[^!-$&-z|~]/gu, (c) => encodeURIComponent(c));
}

/** Returns a frame's positional word as a number. */
export function numberAt(frame: Frame, index: number): number {
  const value = Number(frame.args[index]);
  if (!Number.isSafeInteger(value) || value < 0) throw new Error(`${frame.verb} lacks a number`);
  return value;
}
