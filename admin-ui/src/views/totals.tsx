// All streams that one may see in numbers: tiles over the list, one line in the head elsewhere.

import { stats, sums, totals, who } from "../session/page-state";
import { isBound } from "../session/rights";
import { bytes, count, rate } from "../streams/format";
import type { Sums } from "../streams/stream-list";
import { Sparkline } from "./sparkline";
import { TileCurve } from "./throughput";

const LAST_MINUTE = 60;

export function TotalsLine() {
  const current = sums.value;
  const hub = ofAll();
  if (!current) return <div class="totals" />;
  return (
    <div class="totals">
      <Sparkline values={totals.value} points={LAST_MINUTE} width={90} label="lines a second, last minute" />
      <span>
        <b>{rate(current.lines_per_s)}</b> lines
      </span>
      {hub && (
        <span class="wide">
          <b>{bytes(hub.bytes_per_s)}/s</b> in
        </span>
      )}
      <span class="wide">
        <b>{count(current.live)}</b> live
      </span>
    </div>
  );
}

export function Tiles() {
  const current = sums.value;
  const hub = ofAll();
  // Dashes until the streams are listed: what stands below must not move then.
  const told = (text: (current: Sums) => string) => (current ? text(current) : "–");
  return (
    <dl class="tiles">
      <div class="tile first">
        <Tile name="Lines a second" value={told(({ lines_per_s }) => count(Math.round(lines_per_s)))} />
        <dd class="curve-cell">
          <TileCurve />
        </dd>
      </div>
      {!isBound(who.value) && (
        <div class="tile">
          <Tile name="Coming in" value={hub ? `${bytes(hub.bytes_per_s)}/s` : "–"} />
        </div>
      )}
      <div class="tile">
        <Tile
          name="Live"
          value={told(({ live }) => count(live))}
          more={current && `of ${count(current.streams)}`}
        />
      </div>
      {!isBound(who.value) && (
        <div class="tile">
          <Tile name="Watching" value={hub ? count(hub.readers) : "–"} />
        </div>
      )}
      <div class="tile extra">
        <Tile
          name="Lines in all"
          value={told(({ lines }) => count(lines))}
          more={current && bytes(current.bytes)}
        />
      </div>
    </dl>
  );
}

/** What only the hub knows of all its streams: it says nothing to who sees some of them. */
function ofAll() {
  return isBound(who.value) ? null : stats.value;
}

function Tile({ name, value, more }: { name: string; value: string; more?: string | null }) {
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
