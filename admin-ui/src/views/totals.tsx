// The whole hub in numbers: tiles over the list, one line in the head elsewhere.

import { stats, totals } from "../session/page-state";
import { bytes, count, rate } from "../streams/format";
import type { HubStats } from "../wire/types";
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
  // Dashes until the hub has told: what stands below must not move then.
  const told = (text: (current: HubStats) => string) => (current ? text(current) : "–");
  return (
    <dl class="tiles">
      <div class="tile first">
        <Tile name="Lines a second" value={told(({ lines_per_s }) => count(Math.round(lines_per_s)))} />
        <dd class="curve-cell">
          <TileCurve />
        </dd>
      </div>
      <div class="tile">
        <Tile name="Coming in" value={told(({ bytes_per_s }) => `${bytes(bytes_per_s)}/s`)} />
      </div>
      <div class="tile">
        <Tile
          name="Live"
          value={told(({ live }) => count(live))}
          more={current && `of ${count(current.streams)}`}
        />
      </div>
      <div class="tile">
        <Tile name="Watching" value={told(({ readers }) => count(readers))} />
      </div>
      <div class="tile extra">
        <Tile
          name="Lines so far"
          value={told(({ lines }) => count(lines))}
          more={current && bytes(current.bytes)}
        />
      </div>
    </dl>
  );
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
