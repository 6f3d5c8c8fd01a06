// One stream or several side by side, followed live. What is common to all of them is here: keys, look, address.

import { useRef, useState } from "preact/hooks";
import { place, streams, version } from "../session/page-state";
import { extended, parseMarked, printMarked } from "../share/marked-lines";
import { FIRST_STATE, type Pane, type PaneState } from "../viewer/pane";
import type { TextLine } from "../viewer/rows";
import { BesideMenu } from "./beside-menu";
import { ControlSlot, ControlSwitch, toggleControl } from "./control-slot";
import { useFinding } from "./finding";
import { FindingBars, FindingButtons } from "./finding-bars";
import { JumpBox } from "./later-boxes";
import { lazy } from "./lazy";
import { NumbersFrame, NumbersSwitch, toggleNumbers } from "./numbers-frame";
import { FollowButton, GoToButton } from "./pane-buttons";
import { PaneView } from "./pane-view";
import { ShareMenu } from "./share-menu";
import { LookSwitches, nextTimes, StreamHead } from "./stream-head";
import { useKeys } from "./use-keys";
import { flip, useLook } from "./use-look";
import { type ReadingPlace, useReadingPlace } from "./use-reading-place";

const LineChip = lazy("What can be done with lines", () =>
  import("./line-chip").then(({ LineChip }) => LineChip),
);

export function StreamView({ name }: { name: string }) {
  const pane = useRef<Pane | null>(null);
  const [state, setState] = useState<PaneState>(FIRST_STATE);
  const [jumping, setJumping] = useState(false);
  const look = useLook();
  const finding = useFinding(name, () => pane.current);
  const reading = useReadingPlace("at", pane, state);
  const shutJump = () => {
    setJumping(false);
    pane.current?.view.box.focus({ preventScroll: true });
  };
  useKeys({
    f: () => pane.current?.toggle(),
    End: () => reading.go({ kind: "end" }),
    Home: () => reading.go({ kind: "start" }),
    g: () => setJumping(true),
    ...(jumping ? { Escape: shutJump } : {}),
    t: nextTimes,
    w: () => flip("wrap"),
    l: () => flip("numbers"),
    z: () => flip("fold"),
    i: toggleNumbers,
    c: toggleControl,
    ...finding.keys,
  });
  version.value;
  const row = streams.get(name);
  const lag = (row && pane.current?.lag(row)) ?? null;
  const { marked, link, unmark } = useMarked(pane, reading);
  const known = useRef(false);
  known.current ||= row !== undefined;
  // What somebody reads stays when the stream is deleted; where there never was one there is no text.
  if (streams.isLoaded && !known.current)
    return (
      <section class="stream">
        <StreamHead name={name} lag={null} />
      </section>
    );
  return (
    <section class="stream">
      <StreamHead name={name} lag={lag}>
        <FindingButtons finding={finding} />
        <ShareMenu name={name} filter={finding.filter} />
        <BesideMenu name={name} />
        <LookSwitches />
        <NumbersSwitch />
        <ControlSwitch name={name} />
        <GoToButton open={jumping} flip={() => setJumping(!jumping)} />
        <FollowButton following={state.following} toggle={() => pane.current?.toggle()} />
      </StreamHead>
      {jumping && <JumpBox go={reading.go} close={shutJump} />}
      <FindingBars finding={finding} />
      <ControlSlot name={name} goTo={(offset) => reading.go({ kind: "offset", offset })} />
      <NumbersFrame name={name} goTo={(at) => reading.go({ kind: "time", at })}>
        <PaneView
          name={name}
          look={look}
          rules={finding.rules}
          marks={finding.marks}
          fresh={finding.fresh}
          at={place.value.keys.at ?? ""}
          take={(taken) => {
            pane.current = taken;
          }}
          changed={setState}
          link={link}
          focus={finding.focus !== "find"}
          scrolled={reading.scrolled}
          go={reading.go}
        />
      </NumbersFrame>
      {marked && (
        <LineChip name={name} marked={marked} rows={pane.current?.view.buffer.all ?? []} close={unmark} />
      )}
    </section>
  );
}

/** The lines that are marked, as the address has them. */
function useMarked(pane: { current: Pane | null }, reading: ReadingPlace) {
  const marked = parseMarked(place.value.keys.at);
  const link = (row: TextLine, extend: boolean) => {
    const next = extended(extend ? marked : null, row.offset, pane.current?.epoch ?? null);
    pane.current?.pause();
    pane.current?.view.mark(next.from, next.to);
    reading.mark(printMarked(next));
  };
  const unmark = () => {
    reading.unmark();
    pane.current?.view.unmark();
    pane.current?.view.box.focus({ preventScroll: true });
  };
  return { marked, link, unmark };
}
