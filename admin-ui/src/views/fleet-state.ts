// The one list of this page, and the rates of the whole hub since it was opened.

import { effect } from "@preact/signals";
import { stats, streams } from "../session/page-state";
import { Fleet } from "../streams/fleet";
import { Throughput } from "../streams/throughput";

export const fleet = new Fleet(streams, () => performance.now(), Date.now);
export const throughput = new Throughput();

effect(() => {
  if (stats.value) throughput.add(Date.now(), stats.value.lines_per_s, stats.value.bytes_per_s);
});
