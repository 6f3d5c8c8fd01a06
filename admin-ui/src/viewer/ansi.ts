// A line's text to coloured segments. Colours are the only escape sequences that have an effect.

import Anser from "anser";

export interface Segment {
  text: string;
  classes: string;
  /** Colours of the 256 and of the 16 million, as "r g b"; the style sheet brings them into what can be read. */
  ink?: string;
  ground?: string;
}

const OSC = /(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c|$)/g;
const CSI_NOT_COLOUR = /(?:\x1b\[|\x9b)[0-?]*[ -/]*(?:[@-ln-~]|$)/g;
const C1_COLOUR = /\x9b([0-9;:]*)m/g;
const OTHER_ESCAPE = /\x1b(?!\[[0-9;:]*m)[ -/]*[0-~]?/g;
const INVISIBLE = /[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f\x80-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** The state that a terminal would show last: what comes after the last carriage return. */
export function lastState(text: string): string {
  const trimmed = text.replace(/\r+$/, "");
  return trimmed.slice(trimmed.lastIndexOf("\r") + 1);
}

/** Text without anything that a terminal or a browser would obey, colours excepted. */
export function harmless(text: string): string {
  return text
    .replace(OSC, "")
    .replace(C1_COLOUR, "\x1b[$1m")
    .replace(CSI_NOT_COLOUR, "")
    .replace(OTHER_ESCAPE, "")
    .replace(INVISIBLE, visible);
}

function visible(c: string): string {
  const code = c.charCodeAt(0);
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  return code === 0x7f ? "\u2421" : "\ufffd";
}

const ANYTHING_SPECIAL = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]/;
const COLOUR = /\x1b\[[0-9;:]*m|\x1b/g;

/** A line's text as it is read: without colours, in its last state. Most lines have nothing special and cost a test. */
export function plainText(line: string): string {
  if (!ANYTHING_SPECIAL.test(line)) return line;
  return harmless(lastState(line)).replace(COLOUR, "");
}

/** A line as segments, each with the classes of its colours. */
export function segments(line: string): Segment[] {
  if (!ANYTHING_SPECIAL.test(line)) return [{ text: line, classes: "" }];
  const text = harmless(lastState(line));
  if (!text.includes("\x1b")) return [{ text, classes: "" }];
  return Anser.ansiToJson(text, { use_classes: true, remove_empty: true, json: true }).map((part) => {
    const ink = exact(part.fg, part.fg_truecolor);
    const ground = exact(part.bg, part.bg_truecolor);
    const names = [
      ink ? "exact-ink" : part.fg,
      ground ? "exact-ground" : part.bg && `${part.bg}-bg`,
      ...part.decorations,
    ];
    const segment: Segment = {
      text: part.content.replaceAll("\x1b", ""),
      classes: names.filter(Boolean).join(" "),
    };
    if (ink) segment.ink = ink;
    if (ground) segment.ground = ground;
    return segment;
  });
}

function exact(name: string | null, truecolor: string | null): string | null {
  if (name === "ansi-truecolor") return truecolor?.replaceAll(",", "") ?? null;
  const index = /^ansi-palette-(\d+)$/.exec(name ?? "")?.[1];
  return index === undefined ? null : paletteColour(Number(index));
}

/** A colour of xterm's 256, from 16 on: a cube of six steps a side, then 24 greys. */
export function paletteColour(index: number): string {
  if (index >= 232)
    return Array(3)
      .fill(8 + 10 * (index - 232))
      .join(" ");
  const step = (value: number) => (value === 0 ? 0 : 55 + 40 * value);
  const cube = index - 16;
  return [step(Math.floor(cube / 36)), step(Math.floor(cube / 6) % 6), step(cube % 6)].join(" ");
}
