// The rows of a comparison: a line of each run beside the other, what stands over them, and one of them in full.

import type { Pair } from "../../several/aligning";
import type { Item } from "../../several/comparison";
import { changedWords, inlineDiff, type Part } from "../../several/inline-diff";
import type { RunLine } from "../../several/run-reader";
import { count } from "../../streams/format";
import { duration } from "../../viewer/row-element";
import type { RunRow } from "../../wire/types";

/** A run of a stream. */
export interface Side {
  name: string;
  run: RunRow;
}

/** What the columns have; it stays in sight. */
export function Heads({ left, right, byTime }: { left: Side; right: Side; byTime: boolean }) {
  return (
    <div role="rowgroup" class="compare-heads">
      <div role="row" aria-rowindex={1} class="pair">
        <Head side="Left" of={left} byTime={byTime} />
        <div role="columnheader" class="sign">
          <span class="hidden">how they differ</span>
        </div>
        <Head side="Right" of={right} byTime={byTime} />
      </div>
    </div>
  );
}

function Head({ side, of: { name, run }, byTime }: { side: string; of: Side; byTime: boolean }) {
  return (
    <div role="columnheader" class="half">
      <span class="half-number">{byTime ? "after start" : "line"}</span>
      <span class="half-text" title={`run ${run.run} of ${name}`}>
        {side}: run {run.run}
      </span>
    </div>
  );
}

const SIGNS = {
  same: ["", "the same"],
  beside: ["", ""],
  changed: ["~", "changed"],
  gone: ["−", "only left"],
  new: ["+", "only right"],
} as const;

/** Marks are looked for in so much of a line: more is not in sight, and stands below in full. */
const MOST_SHOWN = 1000;

interface RowProps {
  item: Item;
  index: number;
  /** Where it is in the sheet, px. */
  top: number;
  at: boolean;
  byTime: boolean;
  pick: () => void;
}

export function Row({ item, index, top, at, byTime, pick }: RowProps) {
  const place = { id: `pair-${index}`, style: { top: `${top}px` }, onClick: pick };
  if (item.kind === "folded")
    return (
      <div
        role="row"
        aria-rowindex={index + 2}
        aria-selected={at}
        class={`pair folded${at ? " at" : ""}`}
        {...place}
      >
        <div role="gridcell">⋯ {count(item.count)} lines are the same: show them</div>
      </div>
    );
  const [sign, words] = SIGNS[item.kind];
  const [left, right] = wordsOf(item);
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      aria-selected={at}
      class={`pair ${item.kind}${at ? " at" : ""}`}
      {...place}
    >
      <Half line={item.left} parts={left} tag="del" byTime={byTime} />
      <div role="gridcell" class="sign">
        <span aria-hidden="true">{sign}</span>
        <span class="hidden">{words}</span>
      </div>
      <Half line={item.right} parts={right} tag="ins" byTime={byTime} />
    </div>
  );
}

/** The words that changed, once for each row: they are asked for whenever it is drawn. */
const changes = new WeakMap<Pair, ReturnType<typeof changedWords>>();

function wordsOf(pair: Pair): [Part[] | undefined, Part[] | undefined] {
  if (pair.kind !== "changed" || !pair.left || !pair.right) return [undefined, undefined];
  let parts = changes.get(pair);
  if (parts === undefined) {
    parts = changedWords(pair.left.text.slice(0, MOST_SHOWN), pair.right.text.slice(0, MOST_SHOWN));
    changes.set(pair, parts);
  }
  return parts ?? [undefined, undefined];
}

interface HalfProps {
  line: RunLine | null;
  /** The line cut where words of it changed; none where that says nothing. */
  parts: Part[] | undefined;
  tag: "del" | "ins";
  byTime: boolean;
}

function Half({ line, parts, tag, byTime }: HalfProps) {
  const number = line ? (byTime ? `+${duration(line.since)}` : String(line.index + 1)) : "";
  return (
    <div
      role="gridcell"
      class={line ? (line.gap ? "half gap" : line.ch === "err" ? "half err" : "half") : "half none"}
    >
      <span class="half-number">{number}</span>
      <span class="half-text">
        {parts ? <Marked parts={parts} tag={tag} /> : line?.text.slice(0, MOST_SHOWN)}
      </span>
    </div>
  );
}

function Marked({ parts, tag: Tag }: { parts: Part[]; tag: "del" | "ins" }) {
  return <>{parts.map((part, index) => (part.own ? <Tag key={index}>{part.text}</Tag> : part.text))}</>;
}

/** Both lines of a row, whole, with what differs marked. */
export function Detail({ item }: { item: Item | undefined }) {
  if (!item || item.kind === "folded") return null;
  const [left, right] =
    item.left && item.right
      ? inlineDiff(item.left.text, item.right.text)
      : [item.left && whole(item.left), item.right && whole(item.right)];
  return (
    <section class="pair-detail" aria-label="The row in full">
      <Whole side="Left" line={item.left} parts={left} tag="del" />
      <Whole side="Right" line={item.right} parts={right} tag="ins" />
    </section>
  );
}

function whole({ text }: RunLine): Part[] {
  return [{ text, own: false }];
}

function Whole({
  side,
  line,
  parts,
  tag,
}: {
  side: string;
  line: RunLine | null;
  parts: Part[] | null;
  tag: "del" | "ins";
}) {
  return (
    <p>
      <span class="quiet">{side}</span>{" "}
      {line ? (
        <>
          <span class="quiet">
            line {line.index + 1}, after {duration(line.since)}
          </span>{" "}
          <span class="whole">{parts && <Marked parts={parts} tag={tag} />}</span>
        </>
      ) : (
        <span class="quiet">has no line here</span>
      )}
    </p>
  );
}
