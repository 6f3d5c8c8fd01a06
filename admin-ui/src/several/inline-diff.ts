// What differs within two lines, by words.

import { matchesOf } from "./diff";

export interface Part {
  text: string;
  /** Whether the other line does not have it. */
  own: boolean;
}

/** Longer lines are not looked into. */
const MOST_CHARS = 8000;
const MOST_EDITS = 300;
/** Two lines that have less than this part of the shorter one in common are two lines: no word of them was changed. */
const AKIN = 0.3;

/** Both lines in parts. */
export function inlineDiff(left: string, right: string): [Part[], Part[]] {
  if (left.length + right.length > MOST_CHARS)
    return [[{ text: left, own: left !== right }], [{ text: right, own: left !== right }]];
  const [a, b] = [wordsOf(left), wordsOf(right)];
  const matches = matchesOf(a, b, MOST_EDITS);
  return [partsOf(a, new Set(matches.map(([at]) => at))), partsOf(b, new Set(matches.map(([, at]) => at)))];
}

/** The parts of two lines to be marked where one became the other; null where hardly a word is the same. */
export function changedWords(left: string, right: string): [Part[], Part[]] | null {
  const [one, other] = inlineDiff(left, right);
  const shorter = Math.min(lettersIn(one), lettersIn(other));
  const common = lettersIn(one.filter(({ own }) => !own));
  return common > 0 && common >= AKIN * shorter ? [one, other] : null;
}

/** Signs that are no spaces. */
function lettersIn(parts: readonly Part[]): number {
  return parts.reduce((sum, { text }) => sum + text.replace(/\s+/g, "").length, 0);
}

function wordsOf(text: string): string[] {
  return text.match(/[\p{L}\p{N}_]+|\s+|[^\p{L}\p{N}_\s]/gu) ?? [];
}

function partsOf(words: readonly string[], common: ReadonlySet<number>): Part[] {
  const parts: Part[] = [];
  for (const [index, text] of words.entries()) {
    const own = !common.has(index);
    const last = parts.at(-1);
    if (last?.own === own) last.text += text;
    else parts.push({ text, own });
  }
  return parts;
}
