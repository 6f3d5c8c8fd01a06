// A place in a stream that somebody wants to see: as data, as people write it, and as addresses keep it.

export type Target =
  | { kind: "start" }
  | { kind: "end" }
  /** `epoch`: of the stream as it was seen; null or none for the stream as it is. */
  | { kind: "offset"; offset: number; epoch?: number | null }
  | { kind: "line"; line: number }
  | { kind: "time"; at: number }
  | { kind: "run"; run: number };

const NUMBER = "([0-9][0-9_,' ]*)";
const UNITS: [RegExp, number][] = [
  [/^(ms|milliseconds?)$/, 1],
  [/^(s|secs?|seconds?)$/, 1000],
  [/^(m|mins?|minutes?)$/, 60_000],
  [/^(h|hrs?|hours?)$/, 3_600_000],
  [/^(d|days?)$/, 86_400_000],
  [/^(w|weeks?)$/, 604_800_000],
];
const WEEKDAYS = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
/** Numbers as large as this are no line's but milliseconds since 1970. */
const FIRST_EPOCH_MS = 100_000_000_000;

/**
 * Understands what people type: `start`, `end`, `line 1,234` or `:1234`, `offset 99` or `@99`, `run 7` or `#7`,
 * `5 min ago`, `12:03`, `yesterday 17:30`, `monday 8am`, `2026-11-24 02:03:04`, ISO times, milliseconds. A bare
 * number is a line. Lines count from 1 here as they are shown, and from 0 in the target as the hub counts them.
 * `@7:99` is an offset as it was in epoch 7.
 * Null for anything else. Times without a zone are the reader's; a time of day that is to come was yesterday's.
 */
export function parseTarget(text: string, now: number): Target | null {
  const words = text.trim().toLowerCase().replace(/\s+/g, " ");
  if (/^(start|begin|beginning|top|first|home)$/.test(words)) return { kind: "start" };
  if (/^(end|tail|bottom|last|live|now)$/.test(words)) return { kind: "end" };
  const offset = numberAfter(words, "(?:offset|byte|bytes|@) ?");
  if (offset !== null) return { kind: "offset", offset };
  const [, epoch, seen] = /^(?:@|byte )(\d{1,16}):(\d{1,16})$/.exec(words) ?? [];
  if (seen) return { kind: "offset", offset: Number(seen), epoch: Number(epoch) };
  const run = numberAfter(words, "(?:run|#) ?#?");
  if (run !== null) return { kind: "run", run };
  const line = numberAfter(words, "(?:(?:line|ln|l|:) ?)?");
  if (line !== null && line < FIRST_EPOCH_MS) return line >= 1 ? { kind: "line", line: line - 1 } : null;
  const at = line ?? timeIn(words, now);
  return at === null || !Number.isFinite(at) ? null : { kind: "time", at };
}

/** The target as a short text that `parseTarget` reads the same at any time; fit for an address. */
export function printTarget(target: Target): string {
  switch (target.kind) {
    case "offset":
      return `@${target.epoch == null ? "" : `${target.epoch}:`}${target.offset}`;
    case "line":
      return `line ${target.line + 1}`;
    case "run":
      return `#${target.run}`;
    case "time":
      return new Date(target.at).toISOString();
    default:
      return target.kind;
  }
}

/** The same for a place that is read and not pointed at: an address has `@` for lines that are marked. */
export function printSeen(target: Target): string {
  return printTarget(target).replace("@", "byte ");
}

/** What an address has for a place in a stream: the target, and the end of a range; what nobody understands is the end. */
export function parsePlaceIn(at: string): [target: Target, to?: number] {
  const [from = "", to] = at.split("-@");
  const target = parseTarget(from, Date.now()) ?? ({ kind: "end" } as const);
  return to === undefined ? [target] : [target, Number(to)];
}

function numberAfter(words: string, before: string): number | null {
  const digits = new RegExp(`^${before}${NUMBER}$`).exec(words)?.[1]?.replace(/[^0-9]/g, "");
  const value = digits ? Number(digits) : Number.NaN;
  return Number.isSafeInteger(value) ? value : null;
}

function timeIn(words: string, now: number): number | null {
  return ago(words, now) ?? exactTime(words) ?? dayAndTime(words, now);
}

/** `5 min ago`, `-90s`, `an hour ago`, `1h 30m ago`. */
function ago(words: string, now: number): number | null {
  const span = /^(?:- ?(.+)|(.+) ago)$/.exec(words);
  const rest = span?.[1] ?? span?.[2];
  if (rest === undefined) return null;
  const parts = rest.matchAll(/(?:(\d+(?:\.\d+)?)|\b(?:an?|one)\b) ?([a-z]+)/g);
  let total = 0;
  let read = "";
  for (const [all, amount, unit] of parts) {
    const length = UNITS.find(([pattern]) => pattern.test(unit ?? ""))?.[1];
    if (length === undefined) return null;
    total += (amount === undefined ? 1 : Number(amount)) * length;
    read += all;
  }
  // Nothing may stand there that was not understood.
  const bare = (some: string) => some.replace(/\b(and)\b|[ ,]/g, "");
  return read && bare(read) === bare(rest) ? Math.round(now - total) : null;
}

/** A date with or without a time; with no zone it is the reader's. */
function exactTime(words: string): number | null {
  const found =
    /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[t ](\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)? ?(z|utc|[+-]\d{2}:?\d{2})?$/.exec(
      words,
    );
  if (!found) return null;
  const [, year, month, day, hour = "0", minute = "0", second = "0", fraction = "0", zone] = found;
  const parts = [Number(year), Number(month) - 1, Number(day)] as const;
  const clock = [Number(hour), Number(minute), Number(second)] as const;
  if (parts[1] > 11 || parts[2] < 1 || parts[2] > 31 || clock[0] > 23 || clock[1] > 59 || clock[2] > 59)
    return null;
  const ms = Math.floor(Number(`0.${fraction}`) * 1000);
  if (zone === undefined) return new Date(...parts, ...clock, ms).getTime();
  const offset = /^([+-])(\d{2}):?(\d{2})$/.exec(zone);
  const shift = offset ? Number(`${offset[1]}1`) * (Number(offset[2]) * 60 + Number(offset[3])) * 60_000 : 0;
  return Date.UTC(...parts, ...clock, ms) - shift;
}

/** `12:03`, `5:30pm`, `yesterday 17:30`, `yesterday at 5pm`, `17:30 yesterday`, `monday 8am`, `today`. */
function dayAndTime(words: string, now: number): number | null {
  const rest = words
    .replace(/\bat\b/g, " ")
    .replace(/\s+/g, " ")
    .trim();
  const days = ["today", "yesterday", ...WEEKDAYS, ...WEEKDAYS.map((day) => day.slice(0, 3))];
  const named = new RegExp(`^(?:last )?(${days.join("|")})\\b|\\b(${days.join("|")})$`).exec(rest);
  const day = named?.[1] ?? named?.[2];
  const clock = clockTime(named ? rest.replace(named[0], "").trim() : rest, day !== undefined);
  if (clock === null) return null;
  const date = new Date(now);
  date.setHours(0, 0, 0, 0);
  date.setDate(date.getDate() - daysBack(day, date.getDay()));
  date.setHours(clock[0], clock[1], clock[2], clock[3]);
  // Nothing is streamed in the future: the last time that the clock showed this.
  if (date.getTime() > now && day === undefined) date.setDate(date.getDate() - 1);
  return date.getTime();
}

function daysBack(day: string | undefined, today: number): number {
  if (day === undefined || day === "today") return 0;
  if (day === "yesterday") return 1;
  const wanted = WEEKDAYS.findIndex((name) => name.startsWith(day.slice(0, 3)));
  return (today - wanted + 7) % 7 || 7;
}

function clockTime(text: string, mayBeEmpty: boolean): [number, number, number, number] | null {
  if (text === "" && mayBeEmpty) return [0, 0, 0, 0];
  if (text === "noon") return [12, 0, 0, 0];
  if (text === "midnight") return [0, 0, 0, 0];
  const found = /^(\d{1,2})(?::(\d{2})(?::(\d{2})(?:[.,](\d{1,3}))?)?)? ?(am|pm)?$/.exec(text);
  if (!found) return null;
  const [, hours = "", minutes, seconds = "0", fraction = "0", half] = found;
  if (minutes === undefined && half === undefined) return null;
  let hour = Number(hours);
  if (half && (hour < 1 || hour > 12)) return null;
  if (half) hour = (hour % 12) + (half === "pm" ? 12 : 0);
  if (hour > 23 || Number(minutes ?? 0) > 59 || Number(seconds) > 59) return null;
  return [hour, Number(minutes ?? 0), Number(seconds), Math.floor(Number(`0.${fraction}`) * 1000)];
}
