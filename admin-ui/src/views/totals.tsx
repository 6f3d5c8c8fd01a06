// All streams that one may see in numbers, as one line in the head.

import { asOf, stats, sums, totals, who } from "../session/page-state";
import { isBound } from "../session/rights";
import { bytes, count, rate, timeOfDay } from "../streams/format";
import { Sparkline } from "./sparkline";

const LAST_MINUTE = 60;

export function TotalsLine() {
  const current = sums.value;
  const hub = ofAll();
  if (!current) return <div class="totals" />;
  return (
    <div class={asOf.value === null ? "totals" : "totals stale"}>
      {asOf.value !== null && <span>as of {timeOfDay(asOf.value)}</span>}
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

/** What only the hub knows of all its streams: it says nothing to who sees some of them. */
export function ofAll() {
  return isBound(who.value) ? null : stats.value;
}
