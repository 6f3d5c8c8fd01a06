// What could stand where one types in the filter: keys, then the values that the streams have.

import type { StreamRow } from "../wire/types";
import { MEASURES, metaWord, shownState, termsOf } from "./fleet-filter";

export interface Hint {
  /** What is put in place of the term; ends in a mark where a value is to follow. */
  text: string;
  note: string;
}

export interface Hints {
  /** The part of the text that a hint takes the place of. */
  from: number;
  to: number;
  hints: Hint[];
}

// What one would ask for; 10k are 10,000, 5m are 5,000,000.
const EXAMPLES: Record<string, string> = {
  lines: "10k",
  bytes: "5m",
  errors: "0",
  rate: "100",
  watchers: "0",
  runs: "1",
};

const KEYS: Hint[] = [
  { text: "state:", note: "live, failed, or any word of that column" },
  { text: "status:", note: "how the last run ended" },
  ...Object.keys(MEASURES).map((key) => ({
    text: `${key}${key === "age" ? "<" : ">"}`,
    note: key === "age" ? "last line not longer ago: age<5m" : `more than: ${key}>${EXAMPLES[key] ?? "10"}`,
  })),
];
const STATES = ["live", "detached", "ended", "failed"];
const MOST = 9;
// What streams have is looked up in so many of them.
const LOOKED_AT = 5000;

/** Hints for the term at the caret. */
export function hintsAt(text: string, caret: number, rows: Iterable<StreamRow>): Hints {
  const term = termsOf(text).find((each) => each.from < caret && caret <= each.to);
  const from = term?.from ?? caret;
  const minus = text[from] === "-" && term ? "-" : "";
  const typed = (term?.text ?? "").toLowerCase().slice(minus.length);
  const found = candidates(typed, rows)
    .filter((hint) => hint.text.toLowerCase().startsWith(typed) && hint.text.toLowerCase() !== typed)
    .slice(0, MOST)
    .map((hint) => ({ ...hint, text: minus + quoted(hint.text) }));
  return { from, to: term?.to ?? caret, hints: found };
}

/** The text with a hint taken, and where the caret goes. */
export function withHint(text: string, { from, to }: Hints, hint: Hint): { text: string; caret: number } {
  const whole = !/[:=<>]$/.test(hint.text);
  const rest = text.slice(to).trimStart();
  const head = text.slice(0, from) + hint.text + (whole || rest ? " " : "");
  return { text: head + rest, caret: head.length - (rest && !whole ? 1 : 0) };
}

function candidates(typed: string, rows: Iterable<StreamRow>): Hint[] {
  if (typed.startsWith("state:")) {
    const shown = counted(rows, (row) => [`state:${shownState(row)}`]);
    const states = STATES.map((word) => `state:${word}`);
    return [
      ...states.map((text) => ({ text, note: "" })),
      ...shown.filter(({ text }) => !states.includes(text)),
    ];
  }
  if (typed.startsWith("status:"))
    return counted(rows, (row) => (row.status === null ? [] : [`status:${row.status}`]));
  const [, prefix = "", field] = /^(meta\.)?([^=]+)=/.exec(typed) ?? [];
  if (field !== undefined)
    return counted(rows, (row) =>
      Object.entries(row.meta)
        .filter(([key]) => key.toLowerCase() === field)
        .map(([key, value]) => `${prefix}${key}=${metaWord(value)}`),
    );
  const fields = counted(rows, (row) => Object.keys(row.meta).map((key) => `meta.${key}=`));
  return typed === "" ? [...KEYS.slice(0, 2), ...fields.slice(0, 3), ...KEYS.slice(2)] : [...KEYS, ...fields];
}

/** What streams have, the most frequent first. */
function counted(rows: Iterable<StreamRow>, words: (row: StreamRow) => string[]): Hint[] {
  const counts = new Map<string, number>();
  let looked = 0;
  for (const row of rows) {
    if (++looked > LOOKED_AT) break;
    for (const word of words(row)) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return [...counts]
    .sort((a, b) => b[1] - a[1])
    .map(([text, times]) => ({ text, note: times === 1 ? "1 stream" : `${times} streams` }));
}

function quoted(text: string): string {
  if (!/\s/.test(text)) return text;
  const at = text.search(/[:=]/) + 1;
  return `${text.slice(0, at)}"${text.slice(at).replaceAll('"', "")}"`;
}
