// Keeps what is known of a stream's errors true: counted whole where that costs little, and of the text that there is
// now.

import { useEffect, useRef } from "preact/hooks";
import { COUNTED_AT_ONCE_BYTES } from "../find/error-words";
import type { Finder } from "../find/finder";
import { status, streams } from "../session/page-state";

/** Who goes through many streams does not have each of them counted. */
const SETTLED_MS = 400;

/** Counts the errors of all that is kept, where that is little: again after some came that the page was not told. */
export function useErrorCount(name: string, finder: Finder, whole: boolean): void {
  const row = streams.get(name);
  const small = row !== undefined && row.end - row.start <= COUNTED_AT_ONCE_BYTES;
  const worth = small && !whole && status.value.kind === "live";
  useEffect(() => {
    if (!worth) return;
    const timer = setTimeout(() => finder.count(), SETTLED_MS);
    return () => clearTimeout(timer);
  }, [finder, worth]);
}

/** Looks anew for what is sought after the stream was cut: a new epoch has other text at the places that are known. */
export function useRestart(name: string, find: Finder, errors: Finder): void {
  const epoch = streams.get(name)?.epoch;
  const before = useRef(epoch);
  useEffect(() => {
    if (before.current !== undefined && epoch !== undefined && epoch !== before.current) {
      errors.restart();
      find.restart();
      find.count();
    }
    before.current = epoch ?? before.current;
  }, [epoch]);
}
