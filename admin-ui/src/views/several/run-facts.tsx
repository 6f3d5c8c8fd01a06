// What is known of two runs, beside each other.

import { useState } from "preact/hooks";
import { wholeClock } from "../../numbers/clock";
import { now } from "../../session/page-state";
import { bytes, count, runWord } from "../../streams/format";
import { duration } from "../../viewer/row-element";
import type { RunRow } from "../../wire/types";

export function RunFacts({ left, right }: { left: RunRow; right: RunRow }) {
  const [open, setOpen] = useState(false);
  const spent = (run: RunRow) => (run.ended_at ?? now.value) - run.began_at;
  const rows: [string, string, string, string][] = [
    ["Began", wholeClock(left.began_at), wholeClock(right.began_at), ""],
    ["Duration", duration(spent(left)), duration(spent(right)), change(spent(left), spent(right), duration)],
    ["Lines", count(left.lines), count(right.lines), change(left.lines, right.lines, count)],
    ["Bytes", bytes(left.bytes), bytes(right.bytes), change(left.bytes, right.bytes, bytes)],
    ["Status", statusOf(left), statusOf(right), ""],
  ];
  return (
    <>
      {/* Where there is little room the lines come first: see compare.css. */}
      <button type="button" class="plain facts-turn" aria-expanded={open} onClick={() => setOpen(!open)}>
        <span aria-hidden="true" class={open ? "twist open" : "twist"} /> What is known of both runs
      </button>
      <FactsTable left={left} right={right} rows={rows} open={open} />
    </>
  );
}

interface FactsProps {
  left: RunRow;
  right: RunRow;
  rows: [string, string, string, string][];
  open: boolean;
}

function FactsTable({ left, right, rows, open }: FactsProps) {
  return (
    <table class={open ? "run-facts unfolded" : "run-facts"}>
      <caption class="hidden">What is known of both runs</caption>
      <thead>
        <tr>
          <td />
          <th scope="col">Left: run {left.run}</th>
          <th scope="col">Right: run {right.run}</th>
          <th scope="col">Difference</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(([what, one, other, differs]) => (
          <tr key={what}>
            <th scope="row">{what}</th>
            <td class={what === "Status" && runWord(left).tone === "bad" ? "bad" : ""}>{one}</td>
            <td class={what === "Status" && runWord(right).tone === "bad" ? "bad" : ""}>{other}</td>
            <td>{differs}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function statusOf(run: RunRow): string {
  const { mark, word } = runWord(run);
  return `${mark} ${word}`;
}

function change(left: number, right: number, words: (value: number) => string): string {
  if (left === right) return "the same";
  const part =
    left > 0 ? ` (${right > left ? "+" : "−"}${Math.round((100 * Math.abs(right - left)) / left)} %)` : "";
  return `${right > left ? "+" : "−"}${words(Math.abs(right - left))}${part}`;
}
