// What a person types to find streams: words of the name, `state:live`, `meta.branch=main`, `lines>1k`, and `-` before
// what is not wanted. Every term has to hold. A text in quotes may have spaces.

import type { StreamRow } from "../wire/types";
import { stateWord } from "./format";

export type Accept = (row: StreamRow, now: number) => boolean;

export interface Filter {
  accept: Accept;
  /** Whether what it accepts may change while a stream goes on, not only when streams come and go. */
  changing: boolean;
}

/** The columns that can be compared: `lines>1k`, `age<5m`. */
export const MEASURES: Record<string, (row: StreamRow, now: number) => number> = {
  lines: (row) => row.lines,
  bytes: (row) => row.bytes,
  errors: (row) => row.errors ?? Number.NaN,
  rate: (row) => (row.state === "live" ? row.lines_per_s : 0),
  watchers: (row) => row.watchers,
  runs: (row) => row.run,
  age: (row, now) => (row.last_at === null ? Number.POSITIVE_INFINITY : (now - row.last_at) / 1000),
};

const FACTORS: Record<string, number> = { k: 1e3, m: 1e6, g: 1e9, t: 1e12 };
const SECONDS: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** Cuts a text into terms at its spaces, those in quotes left out; each with where it stands. */
export function termsOf(text: string): { from: number; to: number; text: string }[] {
  return [...text.matchAll(/(?:[^\s"]|"[^"]*"?)+/g)].map((found) => ({
    from: found.index,
    to: found.index + found[0].length,
    text: found[0].replaceAll('"', ""),
  }));
}

export function parseFilter(text: string): Filter {
  const parts = termsOf(text)
    .filter((term) => term.text !== "" && term.text !== "-")
    .map((term) => parseTerm(term.text.toLowerCase()));
  return {
    accept: (row, now) => parts.every((part) => part.accept(row, now)),
    changing: parts.some((part) => part.changing),
  };
}

function parseTerm(term: string): Filter {
  if (term.startsWith("-") && term.length > 1) {
    const { accept, changing } = parseTerm(term.slice(1));
    return { accept: (row, now) => !accept(row, now), changing };
  }
  const [, key, mark, value] = /^([^\s:=<>]+)([:=<>])(.*)$/.exec(term) ?? [];
  const keyed = key && mark ? keyedTerm(key, mark, value ?? "") : null;
  if (keyed) return { accept: keyed, changing: true };
  const inName: Filter = { accept: (row) => row.stream.toLowerCase().includes(term), changing: false };
  const state = STATES[term];
  if (!state) return inName;
  return { accept: (row, now) => state(row) || inName.accept(row, now), changing: true };
}

const STATES: Record<string, (row: StreamRow) => boolean> = {
  live: (row) => row.state === "live",
  detached: (row) => row.state === "detached",
  ended: (row) => row.state === "ended",
  failed: isFailed,
};

/** Null where it is no term of this kind: a name may have any of these marks. */
function keyedTerm(key: string, mark: string, value: string): Accept | null {
  if (mark === "<" || mark === ">") {
    const measure = MEASURES[key];
    if (!measure) return null;
    const bound = quantity(value, key === "age" ? SECONDS : FACTORS);
    if (bound === null) return () => true; // still being typed
    return mark === "<"
      ? (row, now) => measure(row, now) < bound
      : (row, now) => measure(row, now) > bound && measure(row, now) < Number.POSITIVE_INFINITY;
  }
  if (key === "state" || key === "is") {
    if (value === "") return () => true;
    const states = Object.keys(STATES).filter((word) => word.startsWith(value));
    return (row) => states.some((word) => STATES[word]?.(row)) || shownState(row).startsWith(value);
  }
  if (key === "status") return (row) => (row.status ?? "").toLowerCase().includes(value);
  const field = key.startsWith("meta.") ? key.slice("meta.".length) : key;
  if (field === "" || (mark === ":" && field === key)) return null;
  const fits = mark === ":" ? (text: string) => text.includes(value) : wildcard(value);
  return (row) => metaOf(row, field).some(fits);
}

/** What its column State says, in small letters. */
export function shownState(row: StreamRow): string {
  return stateWord(row.state, row.status).word.toLowerCase();
}

/** Whether its last run ended otherwise than well. */
export function isFailed(row: StreamRow): boolean {
  return stateWord(row.state, row.status).tone === "bad";
}

/** A value of the meta as it is written in a filter. */
export function metaWord(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function metaOf(row: StreamRow, field: string): string[] {
  return Object.entries(row.meta)
    .filter(([key]) => key.toLowerCase() === field)
    .map(([, value]) => metaWord(value).toLowerCase());
}

/** `*` is any text, and an empty value any value. */
function wildcard(value: string): (text: string) => boolean {
  if (value === "") return () => true;
  if (!value.includes("*")) return (text) => text === value;
  const parts = value.split("*");
  return (text) => {
    const [first = "", last = ""] = [parts[0], parts.at(-1)];
    if (!text.startsWith(first)) return false;
    let at = first.length;
    for (const part of parts.slice(1, -1)) {
      const found = text.indexOf(part, at);
      if (found < 0) return false;
      at = found + part.length;
    }
    return text.length - at >= last.length && text.endsWith(last);
  };
}

function quantity(text: string, factors: Record<string, number>): number | null {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)([a-z]?)/.exec(text) ?? [];
  if (digits === undefined) return null;
  return Number(digits) * (unit ? (factors[unit] ?? 1) : 1);
}
