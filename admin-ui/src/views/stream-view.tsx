// One stream or several side by side, followed live. What is common to all of them is here: keys, look, address.

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { place, setKeys, streams, version } from "../session/page-state";
import { settings } from "../session/settings";
import { extended, parseMarked, printMarked } from "../share/marked-lines";
import { lagWords } from "../viewer/lag";
import type { Look } from "../viewer/look";
import { FIRST_STATE, type Pane, type PaneState } from "../viewer/pane";
import type { TextLine } from "../viewer/rows";
import { ControlSlot, ControlSwitch, toggleControl } from "./control-slot";
import { useFinding } from "./finding";
import { FindingBars, FindingButtons } from "./finding-bars";
import { JumpBox } from "./jump-box";
import { LineChip } from "./line-chip";
import { NumbersFrame, NumbersSwitch, toggleNumbers } from "./numbers-frame";
import { PaneView } from "./pane-view";
import { ShareMenu } from "./share-menu";
import { LookSwitches, nextTimes, StreamHead } from "./stream-head";

export function StreamView({ name }: { name: string }) {
  const pane = useRef<Pane | null>(null);
  const [state, setState] = useState<PaneState>(FIRST_STATE);
  const [jumping, setJumping] = useState(false);
  const look = useLook();
  const finding = useFinding(name, () => pane.current);
  useKeys({
    f: () => pane.current?.toggle(),
    End: () => pane.current?.toEnd(),
    Home: () => pane.current?.goTo({ kind: "start" }),
    g: () => setJumping(true),
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
  const lag = lagWords((row && pane.current?.lag(row)) ?? null);
  const { marked, link, unmark } = useMarked(pane);
  return (
    <section class="stream">
      <StreamHead name={name} lag={lag}>
        <FindingButtons finding={finding} />
        <ShareMenu name={name} filter={finding.filter} />
        <LookSwitches />
        <NumbersSwitch />
        <ControlSwitch name={name} />
        <button
          type="button"
          onClick={() => setJumping(!jumping)}
          aria-expanded={jumping}
          title="Go to a place (g)"
        >
          Go to…
        </button>
        <button
          type="button"
          class="main"
          aria-pressed={state.following}
          onClick={() => pane.current?.toggle()}
          title="Follow the end, or pause (f)"
        >
          {state.following ? "❚❚ Pause" : "▶ Follow"}
        </button>
      </StreamHead>
      {jumping && <JumpBox go={(target) => pane.current?.goTo(target)} close={() => setJumping(false)} />}
      <FindingBars finding={finding} />
      <ControlSlot name={name} goTo={(offset) => pane.current?.goTo({ kind: "offset", offset })} />
      <NumbersFrame name={name} goTo={(at) => pane.current?.goTo({ kind: "time", at })}>
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
        />
      </NumbersFrame>
      {marked && (
        <LineChip name={name} marked={marked} rows={pane.current?.view.buffer.all ?? []} close={unmark} />
      )}
    </section>
  );
}

/** The lines that are marked, as the address has them. */
function useMarked(pane: { current: Pane | null }) {
  const marked = parseMarked(place.value.keys.at);
  const link = (row: TextLine, extend: boolean) => {
    const next = extend ? extended(marked, row.offset) : { from: row.offset, to: row.offset };
    const at = printMarked(next);
    pane.current?.pause();
    pane.current?.view.mark(next.from, next.to);
    setKeys({ at });
    return at;
  };
  const unmark = () => {
    setKeys({ at: "" });
    pane.current?.view.unmark();
    pane.current?.view.box.focus({ preventScroll: true });
  };
  return { marked, link, unmark };
}

function flip(which: "wrap" | "numbers" | "fold"): void {
  settings[which].value = !settings[which].value;
}

/** How text is shown, as a person chose. */
export function useLook(): Look {
  const { wrap, times, numbers, pretty, fold } = settings;
  return useMemo(
    () => ({
      wrap: wrap.value,
      times: times.value,
      numbers: numbers.value,
      pretty: pretty.value,
      fold: fold.value,
    }),
    [wrap.value, times.value, numbers.value, pretty.value, fold.value],
  );
}

/** Keys that do something unless somebody types or asks for something of the browser. */
export function useKeys(keys: Record<string, () => void>): void {
  const current = useRef(keys);
  current.current = keys;
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      const typing = event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement;
      if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
      const act = current.current[event.key];
      if (!act) return;
      event.preventDefault();
      act();
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, []);
}
