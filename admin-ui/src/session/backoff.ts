// When to come back: full jitter, and the hub's own word where it gave one.

const FIRST_MS = 500;
const LONGEST_MS = 20_000;

export interface Closing {
  code: number;
  reason: string;
}

/** Milliseconds to wait before attempt number `attempt` (from 0): a random part of a span that doubles. */
export function backoff(attempt: number, random: () => number): number {
  return Math.round(random() * Math.min(LONGEST_MS, FIRST_MS * 2 ** attempt));
}

/** The `retry_after` that a close reason says, in ms. */
export function retryAfter(reason: string): number | null {
  const found = /retry_after=(\d{1,9})/.exec(reason);
  return found ? Number(found[1]) : null;
}

/** Whether coming back makes sense after a close: the hub's codes from 4500 on say that it does not. */
export function mayRetry(code: number): boolean {
  return code < 4500 || code > 4999;
}

const WORDS: Record<string, string> = {
  BUSY: "The hub is busy",
  DRAIN: "The hub is shutting down",
  SLOW: "This page took too long to take its data",
  IDLE: "The hub heard nothing of this page for too long",
  STORE: "The hub's store failed",
  INTERNAL: "The hub made a mistake",
  TOOBIG: "This page sent more than the hub takes",
  PROTO: "The hub did not understand this page: load it anew",
  VERSION: "The hub speaks another version than this page: load it anew",
  CONFLICT: "Somebody else has it",
  FENCED: "Another tab took this session",
  AUTH: "You are not logged in any more",
  DENIED: "You are not allowed to do this",
  EXPIRED: "The session is over",
  LIMIT: "A limit of the hub was met",
};

/** What a code of the hub means, and what it says besides. */
export function hubWords(code: string, text: string): string {
  const word = WORDS[code] ?? `The hub answers ${code}`;
  // The hub may say no more than its code.
  return text && text.toLowerCase() !== word.toLowerCase() ? `${word}: ${text}` : word;
}

/** What happened, for people. */
export function describeClose(closing: Closing): string {
  const word = closing.reason.split(" ")[0] ?? "";
  if (!WORDS[word])
    return closing.code === 1006 ? "The connection to the hub is lost" : "The hub closed the connection";
  const rest = closing.reason
    .slice(word.length)
    .replace(/ ?retry_after=\d+/, "")
    .trim();
  return hubWords(word, rest);
}
