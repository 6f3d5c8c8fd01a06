// A pane on the page: its text, the strip beside it, and what hangs over it: paused, loading, what went wrong.

import { useEffect, useRef, useState } from "preact/hooks";
import { connection, now, streams, version } from "../session/page-state";
import type { LineRules } from "../viewer/line-rules";
import type { Look } from "../viewer/look";
import { Overview, type OverviewMark } from "../viewer/overview";
import { FIRST_STATE, Pane, type PaneState } from "../viewer/pane";
import type { Row, TextLine } from "../viewer/rows";
import { parsePlaceIn, type Target } from "../viewer/target";
import { PaneOver } from "./pane-over";

interface Props {
  name: string;
  look: Look;
  rules?: LineRules | null;
  marks?: readonly OverviewMark[];
  /** Where to begin, as an address has it (target.ts); `@3-@9` marks a range. Another value later changes nothing. */
  at: string;
  /** The pane, once it is there, and null when it goes. */
  take(pane: Pane | null): void;
  changed(state: PaneState): void;
  /** Somebody clicked a line's number: for an address of it, or of all from the last one to it. */
  link(row: TextLine, extend: boolean): void;
  /** The reader scrolled, or was brought elsewhere. */
  scrolled(): void;
  /** Somebody points at a place in the strip; by default it goes there. */
  go?(target: Target): void;
  /** Rows that came live. */
  fresh?(rows: Row[]): void;
  /** Whether it takes the keyboard when it opens; by default it does. */
  focus?: boolean;
}

export function PaneView(props: Props) {
  const {
    name,
    look,
    rules = null,
    marks,
    at,
    take,
    changed,
    link,
    scrolled,
    go,
    fresh,
    focus = true,
  } = props;
  const box = useRef<HTMLDivElement>(null);
  const strip = useRef<HTMLDivElement>(null);
  const pane = useRef<Pane | null>(null);
  const overview = useRef<Overview | null>(null);
  const [state, setState] = useState<PaneState>(FIRST_STATE);
  const heard = useRef({ changed, link, go, fresh });
  heard.current = { changed, link, go, fresh };
  useEffect(() => {
    if (!box.current || !strip.current) return;
    const map = new Overview(strip.current, (offset) => {
      const target = { kind: "offset", offset } as const;
      if (heard.current.go) heard.current.go(target);
      else opened.goTo(target);
    });
    const opened = new Pane(
      name,
      box.current,
      connection,
      {
        changed: (next) => {
          setState(next);
          heard.current.changed(next);
        },
        sees: (first, last) => map.setSight(first, last),
        link: (row, extend) => heard.current.link(row, extend),
        fresh: (rows) => heard.current.fresh?.(rows),
      },
      () => streams.get(name)?.lines,
    );
    pane.current = opened;
    overview.current = map;
    opened.setLook(look);
    opened.setRules(rules);
    opened.open(...parsePlaceIn(at));
    take(opened);
    if (focus) box.current.focus({ preventScroll: true });
    return () => {
      take(null);
      opened.close();
      map.close();
      pane.current = overview.current = null;
    };
  }, [name]);
  useEffect(() => pane.current?.setLook(look), [look]);
  useEffect(() => pane.current?.setRules(rules), [rules]);
  useEffect(() => pane.current?.tick(now.value), [now.value]);
  useEffect(
    () => overview.current?.setMarks([...(pane.current?.marks ?? []), ...(marks ?? [])]),
    [marks, now.value],
  );
  version.value;
  const row = streams.get(name);
  useEffect(() => row && overview.current?.setRange(row.start, row.end), [row?.start, row?.end]);
  return (
    <div class="text-frame">
      <div
        class="text"
        ref={box}
        onScroll={scrolled}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled box takes the focus to be scrolled by keys
        tabIndex={0}
        role="log"
        aria-live="off"
        aria-label={`output of ${name}`}
      />
      <div class="overview" ref={strip} aria-hidden="true" title="The whole stream: click to go there" />
      <PaneOver state={state} resume={() => pane.current?.toEnd()} />
    </div>
  );
}
