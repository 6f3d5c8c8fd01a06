// The bar over a text to look for something in it: how many there are, which one this is, and on to the next. Over
// several it looks in all of them, and tells and steps in the one that has the keys.

import type { RefObject } from "preact";
import { useLayoutEffect } from "preact/hooks";
import { type Finder, type FinderState, MOST_HITS } from "../find/finder";
import { now } from "../session/page-state";
import { age, count, timeOfDay } from "../streams/format";
import { QueryInput } from "./query-input";

interface Props {
  finder: Finder;
  state: FinderState;
  /** What is looked through, in words. */
  text: string;
  /** Lines came that were not looked at, and none come by themselves. */
  behind: boolean;
  /** Which of several panes has the keys; empty where there is only one. */
  where: string;
  /** Whether there is something to look for. */
  asked: boolean;
  problem: string;
  box: RefObject<HTMLInputElement | null>;
  /** Somebody opened it, to type. */
  focus: boolean;
  step(down: boolean): void;
  close(): void;
}

export function FindBar({
  finder,
  state,
  text,
  behind,
  where,
  asked,
  problem,
  box,
  focus,
  step,
  close,
}: Props) {
  useLayoutEffect(() => {
    if (focus) box.current?.select();
  }, []);
  const busy = state.counting || state.seeking;
  return (
    <search class="find-bar" aria-label={`Find in ${text}`}>
      <QueryInput
        name="find"
        label={`Find in all of ${text}`}
        problem={problem}
        box={box}
        enter={(shift) => step(!shift)}
      />
      <span class="steps">
        <button
          type="button"
          disabled={!asked}
          onClick={() => step(false)}
          title="The one before (N, Shift-Enter)"
        >
          ↑<span class="hidden">Previous hit</span>
        </button>
        <button type="button" disabled={!asked} onClick={() => step(true)} title="The next one (n, Enter)">
          ↓<span class="hidden">Next hit</span>
        </button>
      </span>
      <span class="found" role="status">
        {asked && where && <span class="quiet">{where}:</span>}
        {asked && <FoundText state={state} behind={behind} />}
      </span>
      {busy && (
        <button type="button" onClick={() => finder.stop()}>
          Stop
        </button>
      )}
      {asked && !busy && !state.whole && (
        <button
          type="button"
          onClick={() => finder.count()}
          title={`Counts ${count(MOST_HITS)} hits at a time, from the end on back`}
        >
          Search further back
        </button>
      )}
      {state.problem && (
        <span class="problem" role="alert">
          {state.problem}
        </span>
      )}
      <button
        type="button"
        class="plain close"
        onClick={close}
        aria-label="Close the find bar"
        title="Close (Esc)"
      >
        ×
      </button>
    </search>
  );
}

/** How many, which one, and how far the search has come. */
export function FoundText({ state, behind }: { state: FinderState; behind: boolean }) {
  const { hits, index, whole, counting, seeking, reached, wrapped } = state;
  const all = `${count(hits)}${whole && !behind ? "" : "+"}`;
  const words = index ? `${whole ? count(index) : ""}${whole ? " of " : ""}${all}` : all;
  const lines = hits === 1 && whole && !behind ? "line" : "lines";
  const back = reached !== null && (counting || seeking || !whole);
  return (
    <>
      {hits > 0 ? `${words} ${lines}` : whole && !behind ? "Not found in all that is kept" : "None so far"}
      {wrapped && (
        <span class="quiet">{wrapped === "end" ? "went on at the start" : "went on at the end"}</span>
      )}
      {(counting || seeking) && reached === null && <span class="quiet">searching …</span>}
      {back && (
        <span class="quiet" title={new Date(reached).toISOString()}>
          searched back to {timeOfDay(reached)} ({age(reached, now.value)})
        </span>
      )}
    </>
  );
}
