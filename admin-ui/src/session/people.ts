// Who is here, in words.

import { bytes, count } from "../streams/format";
import type { PresenceAnswer, SessionRow, WatcherRow } from "../wire/types";

export interface Lag {
  word: string;
  tone: "live" | "waiting" | "done";
  mark: string;
}

/** How far a watcher is behind what its streams have. */
export function lagOf(row: WatcherRow): Lag {
  if (!row.attached) return { word: `away${behind(row)}`, tone: "done", mark: "◌" };
  if (row.watches.length === 0) return { word: "watches nothing", tone: "done", mark: "■" };
  if (row.streams === 0) return { word: "waits for a stream", tone: "done", mark: "■" };
  if (row.catching_up > 0) return { word: `catching up${behind(row)}`, tone: "waiting", mark: "↻" };
  if ((row.behind_bytes ?? 0) > 0) return { word: behind(row).slice(2), tone: "waiting", mark: "…" };
  return { word: "live", tone: "live", mark: "●" };
}

/** How many watch a stream, how many of them are not at its end, and how many are away and may come back. */
export function watchingWords({ watchers, total, away }: PresenceAnswer): string {
  const late = watchers.filter(
    ({ attached, catching_up, behind_bytes }) => attached && (catching_up > 0 || (behind_bytes ?? 0) > 0),
  ).length;
  return [
    count(total - away),
    ...(late > 0 ? [`${count(late)} behind`] : []),
    ...(away > 0 ? [`${count(away)} away`] : []),
  ].join(", ");
}

/** How many of those who are here watch a stream, and how many more are away. */
export function hereWords({ watching, away }: PresenceAnswer): string {
  const now = `${count(watching)} watching`;
  return away > 0 ? `${now}, and ${count(away)} away, who may come back` : now;
}

function behind({ behind_bytes, behind_lines }: WatcherRow): string {
  if (!behind_bytes) return "";
  const lines =
    behind_lines === null ? "" : `${count(behind_lines)} ${behind_lines === 1 ? "line" : "lines"}, `;
  return `, ${lines}${bytes(behind_bytes)} behind`;
}

/** A watched pattern is a stream of its own where nothing in it stands for more than itself. */
export function isName(pattern: string): boolean {
  return !/[*?{}[\],]/.test(pattern);
}

/** What a session is, and over what it is attached. */
export function sessionWord(row: SessionRow): string {
  if (row.kind === "producer") return row.attached ? "producer" : "producer, away";
  if (!row.attached) return "reader, away";
  return row.slots.length > 0 ? row.slots.join(" + ") : "reader";
}
