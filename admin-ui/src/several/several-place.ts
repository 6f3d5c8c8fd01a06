// Several streams in one view, as the address has them: `#/s/a,b` side by side, `as=merged` in one text, `as=compare`
// two runs. Where the panes are is in `at`, `at2`, … ; `pane` is the one that has the keyboard.

import { type Place, streamPlace } from "../session/address";

export type Way = "beside" | "merged" | "compare";

export const MOST_BESIDE = 4;
export const MOST_MERGED = 8;

/** Whether a place is more than one stream's own view. */
export function showsSeveral({ view, names, keys }: Place): boolean {
  return view === "stream" && (names.length > 1 || keys.as === "merged" || keys.as === "compare");
}

export function wayOf({ keys }: Place): Way {
  return keys.as === "merged" || keys.as === "compare" ? keys.as : "beside";
}

/** The streams of a place that are shown, and how many there is no room for. */
export function shownOf(place: Place): { names: string[]; left: number } {
  const way = wayOf(place);
  const most = way === "beside" ? MOST_BESIDE : way === "merged" ? MOST_MERGED : 2;
  // In one text a stream stands once.
  const names = way === "merged" ? [...new Set(place.names)] : place.names;
  return { names: names.slice(0, most), left: Math.max(0, names.length - most) };
}

export function besidePlace(names: string[], keys: Record<string, string> = {}): Place {
  return streamPlace(names, keys);
}

export function mergedPlace(names: string[]): Place {
  return streamPlace(names, { as: "merged" });
}

/** Two runs: of one stream, or of two. */
export function comparePlace(names: string[], keys: Record<string, string> = {}): Place {
  return streamPlace(names, { ...keys, as: "compare" });
}

/** The same streams where lines can be found: side by side; one alone by itself. */
export function findingPlace(place: Place): Place {
  return streamPlace([...new Set(place.names)]);
}

/** The key of a pane's place. */
export function atKey(index: number): string {
  return index === 0 ? "at" : `at${index + 1}`;
}

/** Which pane has the keyboard. */
export function activeOf({ keys }: Place, count: number): number {
  const pane = Number(keys.pane ?? 1) - 1;
  return Number.isInteger(pane) && pane >= 0 && pane < count ? pane : 0;
}

/** With one more stream, which gets the keyboard. */
export function withStream(place: Place, name: string): Place {
  const names = [...place.names, name];
  const keys = { ...place.keys };
  if (wayOf(place) === "beside") keys.pane = String(names.length);
  return streamPlace(names, keys);
}

/** Without one of the streams; the others keep their places. One alone is shown in its own view. */
export function withoutStream(place: Place, index: number): Place {
  const names = place.names.filter((_, at) => at !== index);
  const keys: Record<string, string> = {};
  for (const [key, value] of Object.entries(place.keys)) if (!/^(at\d*|pane)$/.test(key)) keys[key] = value;
  const kept = place.names.map((_, at) => at).filter((at) => at !== index);
  kept.forEach((from, to) => {
    const at = place.keys[atKey(from)];
    if (at) keys[atKey(to)] = at;
  });
  const active = activeOf(place, place.names.length);
  const next = Math.min(active > index ? active - 1 : active, names.length - 1);
  if (next > 0) keys.pane = String(next + 1);
  if (names.length < 2) {
    delete keys.as;
    delete keys.sync;
  }
  return streamPlace(names, keys);
}
