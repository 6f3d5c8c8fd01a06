// Lines that are JSON objects: coloured in place, or taken apart into a line for each part.

export interface JsonPiece {
  text: string;
  kind: "key" | "string" | "number" | "word" | "";
}

const MOST = 16 * 1024;
const TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|\b(true|false|null)\b/g;

/** The value of a line that is a JSON object, else undefined. */
export function jsonOf(text: string): object | undefined {
  const trimmed = text.trim();
  if (trimmed.length > MOST || !trimmed.startsWith("{") || !trimmed.endsWith("}")) return undefined;
  try {
    const value: unknown = JSON.parse(trimmed);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The value with a line for each of its parts. */
export function prettyJson(value: object): string {
  return JSON.stringify(value, null, 2);
}

/** How many lines `prettyJson` makes. */
export function prettyLines(value: object | undefined): number {
  return value === undefined ? 1 : prettyJson(value).split("\n").length;
}

/** JSON text in pieces that follow each other without a hole; the text itself is not changed. */
export function jsonPieces(text: string): JsonPiece[] {
  const pieces: JsonPiece[] = [];
  let done = 0;
  for (const found of text.matchAll(TOKEN)) {
    if (found.index > done) pieces.push({ text: text.slice(done, found.index), kind: "" });
    const [all, string, colon, number] = found;
    if (string !== undefined) {
      pieces.push({ text: string, kind: colon === undefined ? "string" : "key" });
      if (colon !== undefined) pieces.push({ text: colon, kind: "" });
    } else {
      pieces.push({ text: all, kind: number === undefined ? "word" : "number" });
    }
    done = found.index + all.length;
  }
  if (done < text.length) pieces.push({ text: text.slice(done), kind: "" });
  return pieces;
}
