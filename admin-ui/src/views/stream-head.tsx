// The head over a stream's text: what it is, how it does, and how it is shown.

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { chosenPart } from "../control/panel-parts";
import { asOf, now, setKeys, streams, version } from "../session/page-state";
import { settings, type Times } from "../session/settings";
import { age, bytes, count, rate, stateWord, timeOfDay } from "../streams/format";
import { SPARK_POINTS } from "../streams/stream-list";
import type { Lag } from "../viewer/lag";
import { LagChip } from "./lag-chip";
import { lazy } from "./lazy";
import { Sparkline } from "./sparkline";

const StreamMissing = lazy("What to do", () =>
  import("./stream-missing").then(({ StreamMissing }) => StreamMissing),
);

// From so many letters on a name is written smaller where it would take more than two lines.
const LONG = 60;

export function StreamHead({
  name,
  lag,
  children,
}: {
  name: string;
  lag: Lag | null;
  children?: ComponentChildren;
}) {
  version.value;
  const [open, setOpen] = useState(false);
  const row = streams.get(name);
  const missing = streams.isLoaded && !row;
  const { word, tone, mark } = stateWord(row?.state ?? "detached", row?.status ?? null);
  return (
    <>
      <div class="stream-head">
        <div class="named">
          <a href="#/" class="back" aria-label="All streams">
            ←
          </a>
          <h1 class={name.length > LONG ? "long" : ""}>
            <bdi>{name}</bdi>
          </h1>
        </div>
        {row ? (
          <span class={`state ${tone}`}>
            <span aria-hidden="true">{mark}</span> {word}
          </span>
        ) : (
          <span class="state waiting">waits for this stream to begin</span>
        )}
        <LagChip lag={lag} />
        {row && (
          <span class="facts">
            <Sparkline
              values={streams.sparkline(name)}
              points={SPARK_POINTS}
              width={90}
              label="lines a second, last half minute"
            />
            {row.state === "live" && row.lines_per_s > 0 && <span>{rate(row.lines_per_s)}</span>}
            <span>
              {count(row.lines)} {row.lines === 1 ? "line" : "lines"}
            </span>
            <span>{bytes(row.bytes)}</span>
            <button
              type="button"
              class="plain"
              onClick={showWatchers}
              title="Who watches it, and how far behind they are"
            >
              {count(row.watchers)} watching
            </button>
            <span class="wide">last line {age(row.last_at, asOf.value ?? now.value)}</span>
            {asOf.value !== null && <b>as of {timeOfDay(asOf.value)}</b>}
          </span>
        )}
        {/* Where there is little room, all but a few of them wait until they are asked for: see stream-head.css. */}
        {!missing && (
          <span class={open ? "actions unfolded" : "actions"}>
            {children}
            <button type="button" class="more-actions" aria-expanded={open} onClick={() => setOpen(!open)}>
              {open ? "Less" : "More"}
            </button>
          </span>
        )}
      </div>
      {missing && <StreamMissing name={name} />}
    </>
  );
}

function showWatchers(): void {
  chosenPart.value = "watching";
  setKeys({ control: "on" });
}

const NEXT_TIMES: Record<Times, Times> = { off: "local", local: "utc", utc: "relative", relative: "off" };
const TIMES_WORD: Record<Times, string> = {
  off: "Times",
  local: "Local time",
  utc: "UTC",
  relative: "Time ago",
};

export function nextTimes(): void {
  settings.times.value = NEXT_TIMES[settings.times.value];
}

/** Switches for how text is shown; they hold for all streams, and the browser keeps them. */
export function LookSwitches({ folds = true }: { folds?: boolean }) {
  return (
    <>
      <button
        type="button"
        aria-pressed={settings.times.value !== "off"}
        onClick={nextTimes}
        title="When each line came: local, UTC, how long ago, off (t)"
      >
        {TIMES_WORD[settings.times.value]}
      </button>
      <Switch which="wrap" text="Wrap" title="Break long lines (w)" />
      <Switch which="numbers" text="Numbers" title="Line numbers (l)" />
      {folds && <Switch which="fold" text="Fold" title="Fold groups and traces (z)" />}
    </>
  );
}

function Switch({ which, text, title }: { which: "wrap" | "numbers" | "fold"; text: string; title: string }) {
  const chosen = settings[which];
  return (
    <button
      type="button"
      aria-pressed={chosen.value}
      onClick={() => {
        chosen.value = !chosen.value;
      }}
      title={title}
    >
      {text}
    </button>
  );
}

/** The address of a stream's bytes, from the page on: a proxy may have both under any path. */
export function rawAddress(name: string): string {
  return `streams/${name.split("/").map(encodeURIComponent).join("/")}`;
}
