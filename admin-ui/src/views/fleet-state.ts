// The one list of this page, and the rates of the whole hub since it was opened.

import { effect, signal } from "@preact/signals";
import { stats, streams } from "../session/page-state";
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
  if (stats.value) throughput.add(Date.now(), stats.value.lines_per_s, stats.value.bytes_per_s);
});
