// Puts a stream's parts together: the connection feeds the follow, the follow feeds the view.

import type { Connection } from "../session/connection";
import type { LinesAnswer } from "../wire/types";
import type { Row } from "./assembler";
import { rowsAfter, rowsBefore } from "./history";
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
const PAUSE_MS = 50;

export function openStream(
  name: string,
  box: HTMLElement,
  connection: Connection,
  changed: (change: Change) => void,
): OpenStream {
  let waiting: (() => void) | null = null;
  let loading = false;
  let wanted: (() => Promise<boolean>) | null = null;
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

  /** Loads lines at one end or the other, one call at a time, the latest wish next; `some` says whether any came. */
  async function load(some: () => Promise<boolean>): Promise<void> {
    if (closed) return;
    if (loading) {
      wanted = some;
      return;
    }
    loading = true;
    wanted = null;
    let came = false;
    try {
      came = await some();
    } catch (error) {
      console.warn((error as Error).message);
    }
    setTimeout(() => {
      loading = false;
      // Whoever scrolled to an end meanwhile cannot scroll again to ask.
      if (came && !closed) view.look();
      else if (wanted) load(wanted);
    }, PAUSE_MS);
  }

  const ask = (from: number, before: boolean) =>
    connection.call<LinesAnswer>("stream.lines", {
      stream: name,
      epoch: follow.epoch,
      from,
      before,
      count: LINES,
    });

  /** Without the gaps that are shown already. */
  const unseen = (rows: Row[]) =>
    rows.filter((row) => row.kind === "line" || !view.buffer.hasGap(row.offset));

  async function olderRows(): Promise<boolean> {
    const first = view.buffer.firstOffset;
    if (first === null || first === 0 || view.buffer.hasGap(0)) return false;
    const rows = unseen(await rowsBefore(ask, first));
    if (rows.length) view.addOlder(rows);
    return rows.length > 0;
  }

  async function newerRows(): Promise<boolean> {
    const last = view.buffer.lastOffset;
    if (last === null) return false;
    const rows = unseen(await rowsAfter(ask, last));
    if (rows.length) view.addNewer(rows);
    else resume();
    return rows.length > 0;
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
