// What a tab says of its stream while nobody looks at it: by its title, its icon, and a notification.

import type { StreamRow } from "../wire/types";

export type Mood = "waiting" | "live" | "silent" | "done" | "failed";

const LEAST_SILENCE_MS = 60_000;
/** A stream is silent when it says nothing for so many times its longest pause so far. */
const PATIENCE = 2;

export function silenceAfter(longestPause: number): number {
  return Math.max(LEAST_SILENCE_MS, PATIENCE * longestPause);
}

/** How a stream is, when it has said nothing for `quiet` ms and may be expected to within `patience` ms. */
export function moodOf(
  row: Pick<StreamRow, "state" | "status"> | undefined,
  quiet: number,
  patience: number,
): Mood {
  if (!row) return "waiting";
  if (row.state === "ended") return hasFailed(row.status) ? "failed" : "done";
  return quiet > patience ? "silent" : row.state === "live" ? "live" : "waiting";
}

function hasFailed(status: string | null): boolean {
  return status !== null && !["exit:0", "eof", "end"].includes(status);
}

const MARKS: Record<Mood, string> = { waiting: "", live: "", silent: "… ", done: "✓ ", failed: "✗ " };

/** The tab's title: what is new and how it stands come first, since a tab is narrow. */
export function tabTitle(name: string, mood: Mood, unread: number): string {
  const news = unread > 0 ? `(${unread > 9999 ? "9999+" : unread}) ` : "";
  return `${news}${MARKS[mood]}${name} · Hub`;
}

// Each mood has a shape of its own, so that it is not told by colour alone.
const SHAPES: Record<Mood, string> = {
  waiting:
    '<circle cx="16" cy="16" r="9" fill="none" stroke="#8aa0ad" stroke-width="4" stroke-dasharray="6 5"/>',
  live: '<circle cx="16" cy="16" r="10" fill="#2fae97"/>',
  silent:
    '<rect x="4" y="13" width="6" height="6" fill="#d99a1e"/><rect x="13" y="13" width="6" height="6" fill="#d99a1e"/><rect x="22" y="13" width="6" height="6" fill="#d99a1e"/>',
  done: '<path d="M5 17l8 8L27 8" fill="none" stroke="#2f9e4b" stroke-width="5"/>',
  failed: '<path d="M7 7l18 18M25 7L7 25" fill="none" stroke="#d8453c" stroke-width="5"/>',
};
const NEWS = '<circle cx="25" cy="7" r="6.5" fill="#e8542f" stroke="#fff" stroke-width="1.5"/>';

/** The tab's icon as an address; with a dot where there is something new. */
export function iconOf(mood: Mood, unread: number): string {
  const drawing = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">${SHAPES[mood]}${unread > 0 ? NEWS : ""}</svg>`;
  return `data:image/svg+xml,${encodeURIComponent(drawing)}`;
}

export interface Telling {
  title: string;
  body: string;
}

/** Follows a stream's moods, and says which change is worth a notification: an end, a failure, silence. */
export class Teller {
  private mood: Mood | null = null;
  private run = 0;
  private lines: number | null = null;
  private heardAt = 0;
  private lastAt: number | null = null;

  constructor(private readonly name: string) {}

  /** How long the stream has said nothing, by the clock of who asks: the hub's may go differently. */
  quiet(row: StreamRow | undefined, now: number): number {
    if (!row || row.last_at === null) return 0;
    if (row.last_at !== this.lastAt) {
      this.heardAt = this.lastAt === null ? Math.min(row.last_at, now) : now;
      this.lastAt = row.last_at;
    }
    return now - this.heardAt;
  }

  /** Takes note of how the stream is; null where that is nothing new. */
  become(mood: Mood, row: StreamRow | undefined, quiet: number): Telling | null {
    const before = this.mood;
    const sameRun = row === undefined || row.run === this.run;
    this.mood = mood;
    this.run = row?.run ?? 0;
    if (before === null || (before === mood && sameRun)) return null;
    if (mood === "failed") return { title: `${this.name} failed`, body: `${row?.status ?? "it broke off"}` };
    if (mood === "done")
      return { title: `${this.name} is done`, body: `${row?.lines.toLocaleString("en")} lines` };
    if (mood === "silent")
      return { title: `${this.name} is silent`, body: `nothing for ${Math.round(quiet / 1000)} s` };
    return null;
  }

  /** Takes note that the tab was hidden; what comes from now on is new. */
  hide(row: StreamRow | undefined): void {
    this.lines = row?.lines ?? 0;
  }

  /** Takes note that the tab is seen again. */
  show(): void {
    this.lines = null;
  }

  /** How many lines came since the tab was hidden. */
  unread(row: StreamRow | undefined): number {
    return this.lines === null || !row ? 0 : Math.max(row.lines - this.lines, 0);
  }
}
