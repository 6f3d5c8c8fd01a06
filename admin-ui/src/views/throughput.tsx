// What comes into the hub over time: a curve in the tile, and a larger one with its numbers in a dialog.

import { useState } from "preact/hooks";
import { clockFor, length } from "../numbers/clock";
import { version } from "../session/page-state";
import { curve, greatest, nearest, roundUp, timeTicks } from "../streams/curve";
import { bytes, count, timeOfDay } from "../streams/format";
import { throughput } from "./fleet-state";
import { Modal } from "./modal";
import { Scrolled } from "./scrolled";

// The tile shows as much as it knows, between these, in whole minutes.
const TILE_S = 300;
const TILE_LEAST_S = 60;
const RANGES: [number, string][] = [
  [300, "5 min"],
  [3600, "1 h"],
  [86_400, "24 h"],
];
/** So many times stand below the large curve, where there is room for them on a phone as well. */
const TICKS = 5;
/** Nearer to an edge than this part of the curve a time would be cut off. */
const EDGE = 0.08;

interface CurveProps {
  seconds: number;
  height: number;
  label: string;
  /** Times of the day below, and lines across; else only how far back it goes. */
  large?: boolean;
}

export function Curve({ seconds, height, label, large = false }: CurveProps) {
  const [pointed, setPointed] = useState<number | null>(null);
  version.value;
  const to = Date.now() / 1000;
  const from = to - seconds;
  const series = throughput.since(from);
  const box = { width: 600, height };
  const top = roundUp(greatest(series.lines));
  const { line, area } = curve(series.at, series.lines, { from, to }, top, box);
  const index = pointed === null ? -1 : nearest(series.at, from + pointed * seconds, seconds / 50);
  const lines = series.lines[index];
  const size = series.bytes[index];
  return (
    <div class={large ? "curve large" : "curve"}>
      <div
        class="plot"
        onPointerMove={(event) => {
          const { left, width } = event.currentTarget.getBoundingClientRect();
          setPointed((event.clientX - left) / width);
        }}
        onPointerLeave={() => setPointed(null)}
      >
        <svg viewBox={`0 0 600 ${height}`} preserveAspectRatio="none" role="img" aria-label={label}>
          {large && <path class="ground" d={`M0 0.5H600M0 ${height / 2}H600`} />}
          <path class="ground" d={`M0 ${height - 0.5}H600`} />
          <path class="area" d={area} />
          <path class="line" d={line} />
        </svg>
        <span class="scale" aria-hidden="true">
          {count(top)}
          {large ? " lines/s" : "/s"}
        </span>
        {large && (
          <span class="scale half" aria-hidden="true">
            {count(top / 2)}
          </span>
        )}
        {lines != null && (
          <span class="pointed" aria-hidden="true">
            {timeOfDay((series.at[index] ?? 0) * 1000)} · {count(Math.round(lines))} lines/s
            {size != null && ` · ${bytes(size)}/s`}
          </span>
        )}
      </div>
      {large ? <Times from={from} to={to} /> : <Reach seconds={seconds} />}
    </div>
  );
}

/** Times of the day, where they are on the curve. */
function Times({ from, to }: { from: number; to: number }) {
  // A day's times of the day need no date.
  const clock = clockFor((to - from) * 1000 - 1);
  const placeOf = (at: number) => (at - from) / (to - from);
  const whole = (at: number) => placeOf(at) > EDGE && placeOf(at) < 1 - EDGE;
  return (
    <div class="times" aria-hidden="true">
      {timeTicks({ from, to }, TICKS)
        .filter(whole)
        .map((at) => (
          <span key={at} style={{ insetInlineStart: `${placeOf(at) * 100}%` }}>
            {clock(at * 1000)}
          </span>
        ))}
    </div>
  );
}

function Reach({ seconds }: { seconds: number }) {
  return (
    <div class="reach" aria-hidden="true">
      <span>{length(seconds * 1000)} ago</span>
      <span>now</span>
    </div>
  );
}

export function TileCurve() {
  const [open, setOpen] = useState(false);
  version.value;
  const oldest = throughput.oldest ?? Number.POSITIVE_INFINITY;
  const known = Math.ceil((Date.now() / 1000 - oldest) / TILE_LEAST_S) * TILE_LEAST_S;
  const seconds = Math.min(TILE_S, Math.max(TILE_LEAST_S, known));
  return (
    <>
      <Curve seconds={seconds} height={48} label="Lines a second in the last minutes" />
      <button
        type="button"
        class="plain more"
        onClick={() => setOpen(true)}
        aria-label="Throughput in numbers"
      >
        <span aria-hidden="true">⤢</span>
      </button>
      {open && <Throughput close={() => setOpen(false)} />}
    </>
  );
}

function Throughput({ close }: { close: () => void }) {
  const [seconds, setSeconds] = useState(RANGES[0]?.[0] ?? TILE_S);
  version.value;
  const step = seconds <= 300 ? 10 : seconds <= 3600 ? 60 : 600;
  const from = Date.now() / 1000 - seconds;
  const rows = throughput.table(step, Math.ceil(seconds / step)).filter(({ at }) => at + step > from);
  return (
    <Modal label="Throughput" close={close} class="wide throughput">
      <div class="modal-head">
        <h2>Throughput</h2>
        <span class="choice">
          {RANGES.map(([value, text]) => (
            <button
              key={value}
              type="button"
              aria-pressed={seconds === value}
              onClick={() => setSeconds(value)}
            >
              {text}
            </button>
          ))}
        </span>
        <button type="button" onClick={close}>
          Close
        </button>
      </div>
      <Curve seconds={seconds} height={180} label="Lines a second, as the table below has them" large />
      <p class="quiet">Since this page was opened.</p>
      <Scrolled label="Throughput in numbers">
        <thead>
          <tr>
            <th scope="col">From</th>
            <th scope="col">Lines/s</th>
            <th scope="col">At most</th>
            <th scope="col">Bytes/s</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.at}>
              <th scope="row">{timeOfDay(row.at * 1000)}</th>
              <td>{count(row.lines)}</td>
              <td>{count(row.most)}</td>
              <td>{row.bytes === null ? "–" : bytes(row.bytes)}</td>
            </tr>
          ))}
        </tbody>
      </Scrolled>
    </Modal>
  );
}
