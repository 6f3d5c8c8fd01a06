// The one list of this page, and the rates of all its streams since it was opened.

import { effect, signal } from "@preact/signals";
import { stats, streams, sums, who } from "../session/page-state";
import { isBound } from "../session/rights";
import { Fleet } from "../streams/fleet";
import { Throughput } from "../streams/throughput";

export const fleet = new Fleet(streams, () => performance.now(), Date.now);
/** Streams that are picked to be shown together, in the order in which they were. */
export const picked = signal<readonly string[]>([]);

export function pick(name: string): void {
  const { value } = picked;
  picked.value = value.includes(name) ? value.filter((each) => each !== name) : [...value, name];
}

export const throughput = new Throughput();

effect(() => {
  if (!sums.value) return;
  // How many bytes come is known of the whole hub only.
  const bytes = isBound(who.value) ? null : (stats.peek()?.bytes_per_s ?? null);
  throughput.add(Date.now(), sums.value.lines_per_s, bytes);
});
