// Puts a stream's parts together: the connection feeds the follow, the follow feeds the view.

import type { Connection } from "../session/connection";
import type { LinesAnswer } from "../wire/types";
import type { Row } from "./assembler";
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

const OLDER_LINES = 500;

export function openStream(
  name: string,
  box: HTMLElement,
  connection: Connection,
  changed: (change: Change) => void,
): OpenStream {
  let waiting: (() => void) | null = null;
  let older = false;
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
      wantsOlder: () => {
        loadOlder().catch((error: Error) => console.warn(error.message));
      },
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

  async function loadOlder(): Promise<void> {
    const first = view.buffer.firstOffset;
    if (older || first === null || first === 0 || view.buffer.isFull) return;
    older = true;
    try {
      const answer = await connection.call<LinesAnswer>("stream.lines", {
        stream: name,
        epoch: follow.epoch,
        from: first,
        before: true,
        count: OLDER_LINES,
      });
      const rows: Row[] = answer.lines
        .filter((line) => line.offset < first)
        .map((line) => ({ kind: "line", offset: line.offset, text: line.text, at: line.at }));
      if (rows.length) view.addOlder(rows);
    } finally {
      setTimeout(() => {
        older = false;
      }, 200);
    }
  }

  const resume = () => {
    if (view.buffer.isFull) {
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
      resized.disconnect();
      unfollow();
    },
  };
}
