// The head over several streams.

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { asOf, goTo, place } from "../../session/page-state";
import {
  besidePlace,
  comparePlace,
  MOST_BESIDE,
  MOST_MERGED,
  mergedPlace,
  shownOf,
  type Way,
  withStream,
} from "../../several/several-place";
import { timeOfDay } from "../../streams/format";
import { ChooseStream } from "../choose-stream";
import { useKeys } from "../use-keys";

const TITLES: Record<Way, string> = {
  beside: "Side by side",
  merged: "Merged by time",
  compare: "Two runs compared",
};

interface Props {
  way: Way;
  /** Buttons before the one that adds a stream. */
  first?: ComponentChildren;
  children: ComponentChildren;
}

/** The head over several streams: which way they are shown, another way, and one more stream. */
export function SeveralHead({ way, first, children }: Props) {
  const [choosing, setChoosing] = useState(false);
  const [open, setOpen] = useState(false);
  const { names, left } = shownOf(place.value);
  const most = way === "beside" ? MOST_BESIDE : MOST_MERGED;
  useKeys({ b: () => way !== "compare" && names.length < most && setChoosing(true) });
  const all = [...new Set(place.value.names)];
  const ways: [Way, string, () => void][] = [
    ["beside", "Side by side", () => goTo(besidePlace(all.length > 1 ? all : [...all, ...all]))],
    ["merged", "Merged", () => goTo(mergedPlace(all))],
    ["compare", "Compare runs", () => goTo(comparePlace(all.slice(0, 2)))],
  ];
  return (
    <div class="stream-head several-head">
      <a href="#/" class="back" aria-label="All streams">
        ←
      </a>
      {/* For who hears it: who sees it has it from the button that is pressed. */}
      <h1 class="hidden">{TITLES[way]}</h1>
      <fieldset class="choice" aria-label="How the streams are shown">
        {ways.map(([each, text, go]) => (
          <button key={each} type="button" aria-pressed={each === way} onClick={go}>
            {text}
          </button>
        ))}
      </fieldset>
      {asOf.value !== null && <b class="quiet">as of {timeOfDay(asOf.value)}</b>}
      {left > 0 && (
        <span class="chip warn">
          {left} more {left === 1 ? "stream has" : "streams have"} no room here
        </span>
      )}
      {/* Where there is little room, all but a few of them wait until they are asked for: see stream-head.css. */}
      <span class={open ? "actions unfolded" : "actions"}>
        {first}
        {way !== "compare" && (
          <button
            type="button"
            disabled={names.length >= most}
            onClick={() => setChoosing(true)}
            title={
              names.length >= most ? `No more than ${most} streams have room here` : "One more stream (b)"
            }
          >
            Add…
          </button>
        )}
        {children}
        {way !== "compare" && (
          <button type="button" class="more-actions" aria-expanded={open} onClick={() => setOpen(!open)}>
            {open ? "Less" : "More"}
          </button>
        )}
      </span>
      {choosing && (
        <ChooseStream
          label="One more stream"
          take={(chosen) => goTo(withStream(place.value, chosen))}
          close={() => setChoosing(false)}
        />
      )}
    </div>
  );
}
