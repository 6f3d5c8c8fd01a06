// Rows of several streams as one text in the order of time.

import { useEffect, useRef, useState } from "preact/hooks";
import { printPlace, streamPlace } from "../../session/address";
import { connection, goTo, now, place, streams, version } from "../../session/page-state";
import { FEW_LETTERS, labelsFor, MOST_LETTERS } from "../../several/labels";
import { MergedPane } from "../../several/merged-pane";
import { withoutStream } from "../../several/several-place";
import { FIRST_STATE, type PaneState } from "../../viewer/pane";
import { parsePlaceIn } from "../../viewer/target";
import { type Finding, useMergedFinding } from "../finding";
import { FindingBars, FindingButtons } from "../finding-bars";
import { JumpBox } from "../later-boxes";
import { FollowButton, GoToButton } from "../pane-buttons";
import { PaneOver } from "../pane-over";
import { LookSwitches, nextTimes } from "../stream-head";
import { useKeys } from "../use-keys";
import { flip, useLook } from "../use-look";
import { useReadingPlace } from "../use-reading-place";
import { SeveralHead } from "./several-head";

const NARROW_PX = 760;

function ownLabels(names: string[]): string[] {
  return labelsFor(names, innerWidth < NARROW_PX ? FEW_LETTERS : MOST_LETTERS);
}

export function MergedView({ names }: { names: string[] }) {
  const box = useRef<HTMLDivElement>(null);
  const pane = useRef<MergedPane | null>(null);
  const finding = useMergedFinding(names, () => pane.current);
  const { state, reading } = useMergedPane(names, pane, box, finding);
  const [jumping, setJumping] = useState(false);
  const shutJump = () => {
    setJumping(false);
    box.current?.focus({ preventScroll: true });
  };
  version.value;
  useKeys({
    ...finding.keys,
    f: () => pane.current?.toggle(),
    End: () => reading.go({ kind: "end" }),
    Home: () => reading.go({ kind: "start" }),
    g: () => setJumping(true),
    ...(jumping ? { Escape: shutJump } : {}),
    t: nextTimes,
    w: () => flip("wrap"),
    l: () => flip("numbers"),
  });
  return (
    <section class="stream several">
      <SeveralHead
        way="merged"
        first={
          <>
            <FindingButtons finding={finding} />
            <LookSwitches folds={false} />
          </>
        }
      >
        <GoToButton open={jumping} flip={() => setJumping(!jumping)} />
        <FollowButton following={state.following} toggle={() => pane.current?.toggle()} />
      </SeveralHead>
      {jumping && <JumpBox go={reading.go} close={shutJump} />}
      <FindingBars finding={finding} />
      <Legend names={names} />
      <div class="text-frame">
        <div
          class="text merged"
          ref={box}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled box takes the focus to be scrolled by keys
          tabIndex={0}
          role="log"
          aria-live="off"
          aria-label={`output of ${names.length} streams, by time`}
        />
        <PaneOver state={state} resume={() => pane.current?.toEnd()} />
      </div>
    </section>
  );
}

/** Which label is which stream. */
function Legend({ names }: { names: string[] }) {
  const labels = ownLabels(names);
  return (
    <ul class="legend" aria-label="Streams in this view">
      {names.map((name, index) => (
        <li key={name}>
          <span class={`source source-${index}`}>{labels[index]}</span>
          {labels[index] !== name && (
            <a class="whole-name" href={printPlace(streamPlace(name))}>
              <bdi>{name}</bdi>
            </a>
          )}
          <button
            type="button"
            class="plain"
            aria-label={`Take ${name} away`}
            onClick={() => goTo(withoutStream({ ...place.value, names }, index))}
          >
            <span aria-hidden="true">✕</span>
          </button>
        </li>
      ))}
    </ul>
  );
}

/** The pane in its box, and the address that follows it: a time where it is paused. */
function useMergedPane(
  names: string[],
  pane: { current: MergedPane | null },
  box: { current: HTMLDivElement | null },
  { rules, fresh, focus }: Finding,
) {
  const [state, setState] = useState<PaneState>(FIRST_STATE);
  const look = useLook();
  const reading = useReadingPlace("at", pane, state);
  const heard = useRef({ moved: reading.scrolled, fresh });
  heard.current = { moved: reading.scrolled, fresh };
  useEffect(() => {
    if (!box.current) return;
    const labels = ownLabels(names);
    box.current.style.setProperty("--label-chars", String(Math.max(...labels.map(({ length }) => length))));
    const opened = new MergedPane(
      names.map((name, index) => ({ name, label: labels[index] ?? name })),
      box.current,
      connection,
      {
        changed: setState,
        moved: () => heard.current.moved(),
        fresh: (source, rows) => heard.current.fresh(rows, source),
        open: (name, at) => goTo(streamPlace(name, { at })),
      },
      (name) => streams.get(name)?.lines ?? 0,
    );
    pane.current = opened;
    opened.setLook(look);
    opened.setRules(rules);
    opened.open(parsePlaceIn(place.peek().keys.at ?? "")[0]);
    if (focus !== "find") box.current.focus({ preventScroll: true });
    return () => {
      opened.close();
      pane.current = null;
    };
  }, []);
  useEffect(() => pane.current?.setLook(look), [look]);
  useEffect(() => pane.current?.setRules(rules), [rules]);
  useEffect(() => pane.current?.tick(now.value), [now.value]);
  return { state, reading };
}
