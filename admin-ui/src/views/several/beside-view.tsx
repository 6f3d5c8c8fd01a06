// Streams in columns, each with a pane of its own; one of them has the keyboard.

import { useRef, useState } from "preact/hooks";
import type { FinderState } from "../../find/finder";
import { printPlace, streamPlace } from "../../session/address";
import { goTo, place, setKeys, streams, version } from "../../session/page-state";
import { activeOf, atKey, withoutStream } from "../../several/several-place";
import { count, stateWord } from "../../streams/format";
import type { Look } from "../../viewer/look";
import { FIRST_STATE, type Pane, type PaneState } from "../../viewer/pane";
import type { Target } from "../../viewer/target";
import { type Finding, useFindings } from "../finding";
import { FindingBars, FindingButtons } from "../finding-bars";
import { LagChip } from "../lag-chip";
import { JumpBox } from "../later-boxes";
import { GoToButton } from "../pane-buttons";
import { PaneView } from "../pane-view";
import { LookSwitches, nextTimes } from "../stream-head";
import { useKeys } from "../use-keys";
import { flip, useLook } from "../use-look";
import { useReadingPlace } from "../use-reading-place";
import { SeveralHead } from "./several-head";

export function BesideView({ names }: { names: string[] }) {
  const panes = useRef<(Pane | null)[]>([]);
  const [jumping, setJumping] = useState(false);
  const look = useLook();
  const active = activeOf(place.value, names.length);
  const together = place.value.keys.sync === "time";
  const pane = () => panes.current[active];
  const others = () => panes.current.filter((each, index) => each && index !== active);
  const align = (at: number | undefined) => {
    if (at !== undefined) for (const each of others()) each?.goTo({ kind: "time", at });
  };
  /** Who waits for a pane to be where it was sent, to send the others to the time of that. */
  const waiting = useRef<Target | null>(null);
  const go = (target: Target) => {
    pane()?.goTo(target);
    if (!together) return;
    if (hasTime(target)) for (const each of others()) each?.goTo(target);
    else waiting.current = target;
  };
  const arrived = (index: number, state: PaneState) => {
    const target = waiting.current;
    if (!target || index !== active || state.busy) return;
    waiting.current = null;
    if (!state.problem) align(timeOf(panes.current[index] ?? null, target));
  };
  const focus = (index: number) => panes.current[index]?.view.box.focus({ preventScroll: true });
  const shutJump = () => {
    setJumping(false);
    focus(active);
  };
  /** A line that was found, and the others at its time. */
  const reveal = (index: number, offset: number) => {
    const shown = panes.current[index];
    if (!shown) return;
    shown.reveal(offset);
    const target: Target = { kind: "offset", offset };
    if (!together) return;
    if (shown.holds(offset)) align(timeOf(shown, target));
    else waiting.current = target;
  };
  const findings = useFindings(names, (index) => panes.current[index] ?? null, reveal);
  const finding = findings[active] as Finding;
  useKeys({
    ...finding.keys,
    ...Object.fromEntries(names.map((_, index) => [String(index + 1), () => focus(index)])),
    f: () => pane()?.toggle(),
    End: () => (together ? go({ kind: "end" }) : pane()?.toEnd()),
    Home: () => go({ kind: "start" }),
    g: () => setJumping(true),
    ...(jumping ? { Escape: shutJump } : {}),
    s: () => align(pane()?.view.rowAt(1 / 4)?.at),
    t: nextTimes,
    w: () => flip("wrap"),
    l: () => flip("numbers"),
    z: () => flip("fold"),
  });
  return (
    <section class="stream several">
      <SeveralHead
        way="beside"
        first={
          <>
            <FindingButtons finding={finding} />
            <LookSwitches />
          </>
        }
      >
        <button
          type="button"
          aria-pressed={together}
          onClick={() => setKeys({ sync: together ? "" : "time" })}
          title="Go to a time in all panes at once; s brings the others to the time of this one"
        >
          Same time
        </button>
        <GoToButton open={jumping} flip={() => setJumping(!jumping)} />
      </SeveralHead>
      {jumping && <JumpBox go={go} close={shutJump} />}
      <FindingBars finding={finding} />
      <p class="hidden" role="status">
        {`Keys go to pane ${active + 1} of ${names.length}: ${names[active]}`}
      </p>
      <div class={`columns columns-${names.length}`}>
        {names.map((name, index) => (
          <Column
            key={`${index} ${name}`}
            name={name}
            index={index}
            count={names.length}
            active={index === active}
            look={look}
            finding={findings[index] as Finding}
            take={(taken) => {
              panes.current[index] = taken;
            }}
            changed={(state) => arrived(index, state)}
          />
        ))}
      </div>
    </section>
  );
}

interface ColumnProps {
  name: string;
  index: number;
  count: number;
  active: boolean;
  look: Look;
  finding: Finding;
  take: (pane: Pane | null) => void;
  changed: (state: PaneState) => void;
}

function Column({ name, index, count, active, look, finding, take, changed }: ColumnProps) {
  const pane = useRef<Pane | null>(null);
  const [state, setState] = useState<PaneState>(FIRST_STATE);
  const reading = useReadingPlace(atKey(index), pane, state);
  return (
    <section
      class={active ? "column active" : "column"}
      aria-label={`Pane ${index + 1} of ${count}: ${name}`}
      aria-current={active ? "true" : undefined}
      onFocusCapture={() => active || setKeys({ pane: index === 0 ? "" : String(index + 1) })}
    >
      <ColumnHead name={name} index={index} active={active} pane={pane} state={state} finding={finding} />
      <PaneView
        name={name}
        look={look}
        at={place.value.keys[atKey(index)] ?? ""}
        rules={finding.rules}
        marks={finding.marks}
        fresh={finding.fresh}
        focus={active && finding.focus !== "find"}
        take={(taken) => {
          pane.current = taken;
          take(taken);
        }}
        changed={(next) => {
          setState(next);
          changed(next);
        }}
        link={(row) => {
          pane.current?.pause();
          pane.current?.view.mark(row.offset);
        }}
        scrolled={reading.scrolled}
      />
    </section>
  );
}

interface HeadProps {
  name: string;
  index: number;
  active: boolean;
  pane: { current: Pane | null };
  state: PaneState;
  finding: Finding;
}

function ColumnHead({ name, index, active, pane, state, finding }: HeadProps) {
  version.value;
  const row = streams.get(name);
  const { word, tone, mark } = stateWord(row?.state ?? "detached", row?.status ?? null);
  const stateText = row ? word : "waits for it";
  return (
    <header class="column-head">
      <kbd title={`Key ${index + 1} goes here`}>{index + 1}</kbd>
      <h2>
        <a href={printPlace(streamPlace(name))} title={name}>
          <bdi>{name}</bdi>
        </a>
      </h2>
      <span class={`state ${row ? tone : "waiting"}`} title={stateText}>
        <span aria-hidden="true">{row ? mark : "○"}</span> <span class="word">{stateText}</span>
      </span>
      {finding.matcher && <Found {...finding.find.state} />}
      <LagChip lag={(row && pane.current?.lag(row)) ?? null} short />
      {active && (
        <span class="chip keyboard" title="Keys go to this pane">
          <span aria-hidden="true">⌨</span> <span class="word">keys</span>
        </span>
      )}
      <button
        type="button"
        class="main"
        aria-label={`${state.following ? "Pause" : "Follow"} ${name}`}
        title="Follow the end, or pause (f)"
        onClick={() => pane.current?.toggle()}
      >
        {state.following ? "❚❚" : "▶"}
      </button>
      <button
        type="button"
        class="plain"
        aria-label={`Take ${name} away`}
        title="Take this pane away"
        onClick={() => goTo(withoutStream(place.value, index))}
      >
        <span aria-hidden="true">✕</span>
      </button>
    </header>
  );
}

/** How many lines of a pane have what is looked for. */
function Found({ hits, whole }: FinderState) {
  return (
    <span class="chip found-here">
      {count(hits)}
      {whole ? "" : "+"} <span class="word">found</span>
    </span>
  );
}

/** Whether a target means the same moment in any stream. */
function hasTime({ kind }: Target): boolean {
  return kind === "time" || kind === "start" || kind === "end";
}

/** The time of the row that a pane was sent to. */
function timeOf(pane: Pane | null, target: Target): number | undefined {
  if (!pane) return undefined;
  const { buffer } = pane.view;
  if (target.kind === "run") return pane.runs.numbered(target.run)?.began_at;
  if (target.kind === "offset") return buffer.at(buffer.indexAt(target.offset))?.at;
  if (target.kind !== "line") return undefined;
  return buffer.all.find((row) => row.kind === "line" && (row.line ?? -1) >= target.line)?.at;
}
