// How bad a line is, by the words that programs use. Words in capitals count anywhere, others only where a level
// stands: `level=error`, `[warn]`, `error: …`. Each expression is RE2's and a browser's alike, and takes time in
// proportion to the line: what counts as an error here is what the hub finds in the past. A trace is one error, at the
// line that names what was raised. The hub looks at bytes as they are, so there may be colours beside a word, and a CR
// at the end.

import { COLOURS, RAISED } from "../viewer/raised";
import type { Sought } from "./finder";

export type Level = "error" | "warn" | "info";

/** Where a word begins, before colours of its own as well. */
const BEGIN = `(?:\\b|(?:^|\\W)${COLOURS})`;

/** `words` where a level stands, in small letters or with a capital first. */
function standing(words: string): string {
  const either = `${words}|${words.replace(/\b[a-z]/g, (letter) => letter.toUpperCase())}`;
  return [
    `(?:level|lvl|severity)${COLOURS}["']?[=:]${COLOURS} ?["']?${COLOURS}(?:${either})\\b`,
    `[\\[<(]${COLOURS}(?:${either})${COLOURS}[\\]>)]`,
    `(?:^|[ \\]])${COLOURS}(?:${either})${COLOURS}:${COLOURS}(?: |\\r*$)`,
  ].join("|");
}

const ERROR = [
  `${BEGIN}(?:ERROR|ERR|FATAL|CRITICAL|CRIT|PANIC|SEVERE|EMERG|EMERGENCY|ALERT|FAILED|FAILURE)\\b`,
  standing("error|err|fatal|critical|crit|panic|severe|emerg|alert"),
  `^${COLOURS}(?:##\\[error\\]|::error)`,
  RAISED,
].join("|");
const WARN = [
  "\\b(?:WARNING|WARN)\\b",
  standing("warning|warn"),
  "^(?:##\\[warning\\]|::warning)",
  "^\\w*Warning: ",
].join("|");
const INFO = ["\\b(?:INFO|NOTICE)\\b", standing("info|notice")].join("|");

const LEVELS: [Level, RegExp][] = [
  ["error", new RegExp(ERROR)],
  ["warn", new RegExp(WARN)],
  ["info", new RegExp(INFO)],
];
const LONGEST = 2000;

/** The level of a line; null where no word says it. */
export function levelOf(plain: string): Level | null {
  const text = plain.length > LONGEST ? plain.slice(0, LONGEST) : plain;
  return LEVELS.find(([, words]) => words.test(text))?.[0] ?? null;
}

/** Errors, as something to look for. */
export const ERRORS: Sought = {
  query: { text: ERROR, regex: true, exact: true },
  matches: (plain: string) => levelOf(plain) === "error",
};
