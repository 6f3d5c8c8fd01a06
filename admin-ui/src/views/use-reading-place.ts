// Where a pane is read, in a key of the address: reloading leads there again, and going back to where one came from.

import { useEffect, useMemo, useRef } from "preact/hooks";
import { KeptPlace } from "../session/kept-place";
import { place, pushKeys, setKeys } from "../session/page-state";
import { parseMarked } from "../share/marked-lines";
import type { PaneState } from "../viewer/pane-state";
import { parsePlaceIn, printSeen, type Target } from "../viewer/target";

const WRITE_MS = 400;

export interface ReadingPlace {
  /** The reader scrolled. */
  scrolled(): void;
  /** Goes somewhere; going back leads to what is read now. */
  go(target: Target): void;
  /** Puts lines that are marked there; they stay until they are not marked any more. */
  mark(at: string): void;
  /** What is read is kept again. */
  unmark(): void;
}

/** What shows a stream, or several. */
export interface Reader {
  /** The place that is read, where `goTo` brings it again. */
  readonly seen: Target | null;
  goTo(target: Target, to?: number): void;
}

export function useReadingPlace(
  key: string,
  pane: { current: Reader | null },
  state: PaneState,
): ReadingPlace {
  const read = () => place.peek().keys[key] ?? "";
  const kept = useMemo(
    () =>
      new KeptPlace({
        read,
        replace: (value) => setKeys({ [key]: value }),
        push: (value) => pushKeys({ [key]: value }),
      }),
    [],
  );
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const current = useRef(state);
  current.current = state;
  const write = () => {
    clearTimeout(timer.current);
    const { busy, following, problem } = current.current;
    // Who could not be brought to a place may try again by loading the page anew.
    if (!pane.current || busy || (problem && following)) return;
    const seen = pane.current.seen;
    kept.write(following || !seen ? "" : printSeen(seen));
  };
  const keep = () => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => parseMarked(read()) ?? write(), WRITE_MS);
  };
  useEffect(() => () => clearTimeout(timer.current), []);
  useEffect(keep, [state.following, state.busy]);
  useEffect(() => {
    const asked = kept.asked();
    if (asked !== null && pane.current) pane.current.goTo(...parsePlaceIn(asked));
  }, [place.value.keys[key]]);
  return {
    scrolled: keep,
    go: (target) => {
      if (!parseMarked(read())) write();
      kept.leave(target.kind === "end" ? "" : printSeen(target));
      pane.current?.goTo(target);
    },
    mark: (at) => kept.write(at),
    unmark: () => {
      kept.write("");
      keep();
    },
  };
}
