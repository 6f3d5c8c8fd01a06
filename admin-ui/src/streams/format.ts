// Numbers and times for people.

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];
const plain = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
const short = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

export function bytes(value: number): string {
  let unit = 0;
  let size = value;
  while (size >= 1024 && unit < UNITS.length - 1) {
    size /= 1024;
    unit += 1;
  }
  return `${size >= 100 || unit === 0 ? Math.round(size) : size.toFixed(1)} ${UNITS[unit]}`;
}

/** Each of its digits: for what names one of many, as a line. */
export function exact(value: number): string {
  return plain.format(value);
}

export function count(value: number): string {
  return value < 100_000 ? plain.format(value) : short.format(value);
}

export function rate(value: number): string {
  return value === 0 ? "–" : `${value < 10 ? plain.format(value) : count(Math.round(value))}/s`;
}

/** How long ago, in one unit. */
export function age(at: number | null, now: number): string {
  if (at === null) return "–";
  const seconds = Math.max(0, Math.round((now - at) / 1000));
  if (seconds < 5) return "now";
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86_400)} d ago`;
}

const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });

/** The reader's own time of day, to the second. */
export function timeOfDay(at: number): string {
  return clock.format(at);
}

export interface StateWord {
  word: string;
  tone: "live" | "waiting" | "good" | "bad" | "done";
  mark: string;
}

/** A stream's state as a word, a mark and a tone: never by colour alone. */
export function stateWord(state: string, status: string | null): StateWord {
  if (state === "live") return { word: "live", tone: "live", mark: "●" };
  if (state === "detached") return { word: "detached", tone: "waiting", mark: "◌" };
  if (status === "exit:0") return { word: "done", tone: "good", mark: "✓" };
  if (status?.startsWith("exit:") || status?.startsWith("signal:"))
    return { word: status, tone: "bad", mark: "✗" };
  if (status === "eof" || status === "end" || status === null)
    return { word: "ended", tone: "done", mark: "■" };
  return { word: status, tone: "bad", mark: "!" };
}

/** How a run ended, or that it goes on, in the words of the list of streams. */
export function runWord({ end, status, cause }: { end: number | null } & HowEnded): StateWord {
  return end === null ? { word: "goes on", tone: "live", mark: "●" } : stateWord("ended", status ?? cause);
}

/** What a run's producer said at its end, and what the hub saw: a run that was cut off has the second alone. */
export interface HowEnded {
  status: string | null;
  cause: string | null;
}

/** Whether a run that is over ended otherwise than well. */
export function isFailure({ status, cause }: HowEnded): boolean {
  return stateWord("ended", status ?? cause).tone === "bad";
}

/** A run's meta in one line. */
export function metaText(meta: Record<string, unknown>): string {
  return Object.entries(meta)
    .map(([key, value]) => `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join("  ");
}
