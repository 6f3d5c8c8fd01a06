// One stream, followed live.

import { useEffect, useRef, useState } from "preact/hooks";
import { connection, now, streams, version } from "../session/page-state";
import { age, bytes, count, rate, stateWord } from "../streams/format";
import { SPARK_POINTS } from "../streams/stream-list";
import { type OpenStream, openStream } from "../viewer/open-stream";
import { Sparkline } from "./sparkline";

const TIMES = "hub.times";

interface Shown {
  following: boolean;
  missed: number;
  full: boolean;
  detail: string;
}

export function StreamView({ name }: { name: string }) {
  const box = useRef<HTMLDivElement>(null);
  const open = useRef<OpenStream | null>(null);
  const [shown, setShown] = useState<Shown>({ following: true, missed: 0, full: false, detail: "" });
  const [timed, setTimed] = useState(timesWanted);
  useEffect(() => {
    document.title = `${name} · Hub`;
    if (!box.current) return;
    const stream = openStream(name, box.current, connection, (change) =>
      setShown((old) => ({ ...old, ...change })),
    );
    open.current = stream;
    const key = (event: KeyboardEvent) => {
      if (event.target instanceof HTMLInputElement || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "f") stream.toggle();
      else if (event.key === "t") setTimed((on) => !on);
      else if (event.key === "End") stream.resume();
      else if (event.key === "Home") stream.view.jumpToStart();
      else return;
      event.preventDefault();
    };
    addEventListener("keydown", key);
    return () => {
      removeEventListener("keydown", key);
      stream.close();
      open.current = null;
    };
  }, [name]);
  useEffect(() => keepTimesWanted(timed), [timed]);
  return (
    <section class="stream">
      <StreamHead
        name={name}
        following={shown.following}
        toggle={() => open.current?.toggle()}
        timed={timed}
        toggleTimes={() => setTimed(!timed)}
      />
      <div class="text-frame">
        <div
          class={timed ? "text timed" : "text"}
          ref={box}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled box takes the focus to be scrolled by keys
          tabIndex={0}
          role="log"
          aria-live="off"
          aria-label={`output of ${name}`}
        />
        {!shown.following && (
          <div class="paused" role="status">
            <span aria-hidden="true">❚❚</span> Paused
            {shown.missed > 0 && <b>{count(shown.missed)} new lines</b>}
            {shown.full && <span class="quiet">window full, the rest waits at the hub</span>}
            <button type="button" onClick={() => open.current?.resume()}>
              Jump to end ↓
            </button>
          </div>
        )}
      </div>
    </section>
  );
}

// A browser that keeps nothing for the page throws here; the choice then lasts as long as the page.
function timesWanted(): boolean {
  try {
    return localStorage.getItem(TIMES) === "on";
  } catch {
    return false;
  }
}

function keepTimesWanted(wanted: boolean): void {
  try {
    localStorage.setItem(TIMES, wanted ? "on" : "off");
  } catch (error) {
    console.info("the browser keeps no settings for this page", error);
  }
}

interface HeadProps {
  name: string;
  following: boolean;
  toggle: () => void;
  timed: boolean;
  toggleTimes: () => void;
}

function StreamHead({ name, following, toggle, timed, toggleTimes }: HeadProps) {
  version.value;
  const row = streams.get(name);
  const { word, tone, mark } = stateWord(row?.state ?? "detached", row?.status ?? null);
  return (
    <div class="stream-head">
      <a href="#/" class="back" aria-label="All streams">
        ←
      </a>
      <h1>{name}</h1>
      {row ? (
        <span class={`state ${tone}`}>
          <span aria-hidden="true">{mark}</span> {word}
        </span>
      ) : (
        <span class="state waiting">waits for this stream to begin</span>
      )}
      {row && (
        <span class="facts">
          <Sparkline
            values={streams.sparkline(name)}
            points={SPARK_POINTS}
            width={90}
            label="lines a second, last half minute"
          />
          <span>{row.state === "live" ? rate(row.lines_per_s) : ""}</span>
          <span>{count(row.lines)} lines</span>
          <span>{bytes(row.bytes)}</span>
          <span class="wide">last line {age(row.last_at, now.value)}</span>
        </span>
      )}
      <span class="actions">
        <a
          href={`/streams/${name.split("/").map(encodeURIComponent).join("/")}`}
          target="_blank"
          rel="noopener"
        >
          Raw text
        </a>
        <button type="button" aria-pressed={timed} onClick={toggleTimes}>
          Times
        </button>
        <button type="button" class="main" aria-pressed={following} onClick={toggle}>
          {following ? "❚❚ Pause" : "▶ Follow"}
        </button>
      </span>
    </div>
  );
}
