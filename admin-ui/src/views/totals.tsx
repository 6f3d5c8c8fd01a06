// The whole hub in numbers: tiles over the list, one line in the head elsewhere.

import { stats, totals } from "../session/page-state";
import { bytes, count, rate } from "../streams/format";
import { Sparkline } from "./sparkline";
import { TileCurve } from "./throughput";

const LAST_MINUTE = 60;

export function TotalsLine() {
  const current = stats.value;
  if (!current) return <div class="totals" />;
  return (
    <div class="totals">
      <Sparkline values={totals.value} points={LAST_MINUTE} width={90} label="lines a second, last minute" />
      <span>
        <b>{rate(current.lines_per_s)}</b> lines
      </span>
      <span class="wide">
        <b>{bytes(current.bytes_per_s)}/s</b> in
      </span>
      <span class="wide">
        <b>{count(current.live)}</b> live
      </span>
    </div>
  );
}

export function Tiles() {
  const current = stats.value;
  if (!current) return <dl class="tiles" />;
  return (
    <dl class="tiles">
      <div class="tile first">
        <Tile name="Lines a second" value={count(Math.round(current.lines_per_s))} />
        <dd class="curve-cell">
          <TileCurve />
        </dd>
      </div>
      <div class="tile">
        <Tile name="Coming in" value={`${bytes(current.bytes_per_s)}/s`} />
      </div>
      <div class="tile">
        <Tile name="Live" value={count(current.live)} more={`of ${count(current.streams)}`} />
      </div>
      <div class="tile">
        <Tile name="Watching" value={count(current.readers)} />
      </div>
      <div class="tile extra">
        <Tile name="Lines so far" value={count(current.lines)} more={bytes(current.bytes)} />
      </div>
    </dl>
  );
}

function Tile({ name, value, more }: { name: string; value: string; more?: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>
        {value}
        {more && <small> {more}</small>}
      </dd>
    </>
  );
}
