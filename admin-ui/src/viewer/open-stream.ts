// Puts a stream's parts together: the connection feeds the follow, the follow feeds the view.

import type { Connection } from "../session/connection";
import type { LinesAnswer } from "../wire/types";
import type { TextLine } from "./assembler";
import { StreamFollow } from "./stream-follow";
import { TextView } from "./text-view";

export interface OpenStream {
  view: TextView;
  toggle(): void;
  resume(): void;
  close(): void;
}

export interface Change {
  following?: boolean;
  missed?: number;
  full?: boolean;
  detail?: string;
}

const LINES = 500;
const PAUSE_MS = 100;

export function openStream(
  name: string,
  box: HTMLElement,
  connection: Connection,
  changed: (change: Change) => void,
): OpenStream {
  let waiting: (() => void) | null = null;
  let loading = false;
  let closed = false;
  let unfollow = () => {};

  // Drawn once a frame; a hidden tab gets no frames, so a timer draws there.
  const schedule = (apply: () => void) => {
    if (waiting) return;
    waiting = apply;
    const run = () => {
      const call = waiting;
      waiting = null;
      call?.();
    };
    if (document.hidden) setTimeout(run, 250);
    else requestAnimationFrame(run);
  };

  const view = new TextView(
    box,
    {
      following: (following, missed) => changed({ following, missed }),
      full: (full) => {
        changed({ full });
        follow.hold(full);
      },
      reachedEnd: () => resume(),
      wantsOlder: () => load(olderRows),
      wantsNewer: () => load(newerRows),
    },
    document,
  );

  let follow = makeFollow();

  function makeFollow(): StreamFollow {
    return new StreamFollow(
      name,
      {
        rows: (rows, partial) => view.add(rows, partial),
        truncated: (offset) => view.buffer.truncate(offset),
        state: (_state, detail) => changed({ detail }),
      },
      (alias, offset) => connection.acknowledge(alias, offset),
      schedule,
    );
  }

  /** Loads lines at one end or the other, one call at a time. */
  async function load(some: () => Promise<void>): Promise<void> {
    if (loading || closed) return;
    loading = true;
    try {
      await some();
      // Whoever scrolled to the end meanwhile cannot scroll again to ask.
      setTimeout(() => view.lookBelow(), PAUSE_MS);
    } catch (error) {
      console.warn((error as Error).message);
    }
    setTimeout(() => {
      loading = false;
    }, PAUSE_MS / 2);
  }

  async function lines(from: number, before: boolean): Promise<TextLine[]> {
    const at = { stream: name, epoch: follow.epoch, from, before, count: LINES };
    const answer = await connection.call<LinesAnswer>("stream.lines", at);
    return answer.lines.map(({ offset, text, at }) => ({ kind: "line", offset, text, at }));
  }

  async function olderRows(): Promise<void> {
    const first = view.buffer.firstOffset;
    if (first === null || first === 0) return;
    const rows = (await lines(first, true)).filter((line) => line.offset < first);
    if (rows.length) view.addOlder(rows);
  }

  async function newerRows(): Promise<void> {
    const last = view.buffer.lastOffset;
    if (last === null) return;
    const rows = (await lines(last, false)).filter((line) => line.offset > last);
    if (rows.length) view.addNewer(rows);
    else resume();
  }

  const resume = () => {
    if (closed) return;
    if (view.buffer.isFull || view.isApart) {
      // Much waits at the hub by now: begin again at the end instead of reading all of it.
      unfollow();
      view.clear();
      follow = makeFollow();
      unfollow = connection.follow(follow);
    }
    view.jumpToEnd();
    follow.hold(false);
  };

  unfollow = connection.follow(follow);
  const resized = new ResizeObserver(() => view.draw(true));
  resized.observe(box);
  box.ownerDocument.defaultView?.requestAnimationFrame(() => box.focus({ preventScroll: true }));

  return {
    view,
    resume,
    toggle: () => (view.isFollowing ? view.pause() : resume()),
    close: () => {
      closed = true;
      resized.disconnect();
      unfollow();
    },
  };
}
