// Asks several streams, a few at a time: for all of their answers, or for the one of the hits that comes first in the
// order of time.

import { comparePlaces, type RowPlace } from "../viewer/row-place";

/** So many streams are asked at once: the hub searches in as many processes, and bounds what a page may wait for. */
const ASKED_AT_ONCE = 2;

/** The next hit in one stream, none beyond `best`. */
export type Seek<S> = (stream: S, best: RowPlace | null, signal: AbortSignal) => Promise<RowPlace | null>;

interface Asking<S> {
  answer: Promise<{ stream: S; hit: RowPlace | null }>;
  giveUp: AbortController;
}

/**
 * The nearest hit of all streams. One that is found narrows where the others have to look: those that are still asked
 * are asked anew, so that a stream without hits is not gone through to its end for each step.
 */
export async function nearest<S>(
  streams: readonly S[],
  down: boolean,
  seek: Seek<S>,
  signal: AbortSignal,
): Promise<RowPlace | null> {
  const waiting = [...streams];
  const asking = new Map<S, Asking<S>>();
  let best: RowPlace | null = null;
  const ask = (stream: S) => {
    const giveUp = new AbortController();
    const answer = seek(stream, best, AbortSignal.any([signal, giveUp.signal])).then((hit) => ({
      stream,
      hit,
    }));
    // Nobody listens to one that is given up.
    answer.catch(() => undefined);
    asking.set(stream, { answer, giveUp });
  };
  const giveUpAll = () => {
    for (const { giveUp } of asking.values()) giveUp.abort();
  };
  try {
    while (waiting.length || asking.size) {
      for (const stream of waiting.splice(0, ASKED_AT_ONCE - asking.size)) ask(stream);
      const { stream, hit } = await Promise.race([...asking.values()].map(({ answer }) => answer));
      asking.delete(stream);
      if (!hit) continue;
      if (!best || (down ? comparePlaces(hit, best) < 0 : comparePlaces(hit, best) > 0)) best = hit;
      giveUpAll();
      waiting.unshift(...asking.keys());
      asking.clear();
    }
  } finally {
    giveUpAll();
  }
  return best;
}

/** Does something for each; the first that fails ends it. */
export async function forEach<S>(streams: readonly S[], act: (stream: S) => Promise<void>): Promise<void> {
  const waiting = [...streams];
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await act(next);
  };
  try {
    await Promise.all(Array.from({ length: ASKED_AT_ONCE }, work));
  } finally {
    waiting.length = 0;
  }
}
