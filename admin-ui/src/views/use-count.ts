// Keeps what is known of the hits and errors of streams true: counted whole where that costs little, and of the text
// that there is now.

import { useEffect, useRef } from "preact/hooks";
import { COUNTED_AT_ONCE_BYTES } from "../find/error-words";
import type { Finder } from "../find/finder";
import { status, streams } from "../session/page-state";

/** Who goes through many streams does not have each of them counted. */
const SETTLED_MS = 400;

/** Counts what is sought in all that is kept, where that is little: again after lines came that the page was not told. */
export function useCount(names: readonly string[], finder: Finder, whole: boolean): void {
  const kept = keptBytes(names);
  const small = kept !== null && kept <= COUNTED_AT_ONCE_BYTES;
  const worth = small && !whole && status.value.kind === "live";
  useEffect(() => {
    if (!worth) return;
    const timer = setTimeout(() => finder.count(), SETTLED_MS);
    return () => clearTimeout(timer);
  }, [finder, worth]);
}

/** How much is kept of some streams; null where none of them is known. */
export function keptBytes(names: readonly string[]): number | null {
  const rows = names.flatMap((name) => streams.get(name) ?? []);
  return rows.length ? rows.reduce((sum, { start, end }) => sum + end - start, 0) : null;
}

/** Looks anew for what is sought after a stream was cut: a new epoch has other text at the places that are known. */
export function useRestart(names: readonly string[], find: Finder, errors: Finder): void {
  const epochs = names.map((name) => streams.get(name)?.epoch);
  const before = useRef(epochs);
  useEffect(() => {
    const known = before.current;
    before.current = epochs.map((epoch, index) => epoch ?? known[index]);
    if (!epochs.some((epoch, index) => epoch && known[index] !== undefined && epoch !== known[index])) return;
    errors.restart();
    find.restart();
    find.count();
  }, [epochs.join()]);
}
