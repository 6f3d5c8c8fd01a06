// All streams that one may see in numbers, as tiles over the list.

import { sums, who } from "../session/page-state";
import { isBound } from "../session/rights";
import { bytes, count } from "../streams/format";
import type { Sums } from "../streams/stream-list";
import { TileCurve } from "./throughput";
import { ofAll } from "./totals";

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
          <Tile name="Watching" value={hub ? count(hub.watching) : "–"} />
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
