// Two runs beside each other as rows of a list: a window of some blocks, of which there may be any number. Of blocks
// that are not held only the places are kept where they begin.

import {
  type Align,
  BLOCK_LINES,
  type Block,
  diffBlock,
  isPoor,
  lineBlock,
  type Pair,
  type Places,
  stepOf,
  timeBlock,
  WIDE_BLOCK_LINES,
  withoutNumbers,
} from "./aligning";
import type { RunReader } from "./run-reader";

/** So many blocks are held. */
export const MOST_BLOCKS = 6;
/** The same lines around a difference that stay in sight where the rest of them is folded. */
const AROUND = 3;

export interface Options {
  align: Align;
  /** Lines that differ in numbers only are the same. */
  loose: boolean;
  /** Long stretches of the same lines are one row. */
  fold: boolean;
}

export interface Folded {
  kind: "folded";
  /** Which rows it stands for, by the first one's number on the left. */
  key: number;
  count: number;
}

export type Item = Pair | Folded;

export interface Counts {
  same: number;
  changed: number;
  gone: number;
  new: number;
}

interface Made {
  pairs: Pair[];
  items: Item[];
}

export class Comparison {
  private readonly starts: Places[];
  private readonly counts: Counts[] = [];
  private blocks: Made[] = [];
  /** Which block is the first one held. */
  private first = 0;
  private ended = false;
  private readonly unfolded = new Set<number>();

  constructor(
    private readonly left: RunReader,
    private readonly right: RunReader,
    readonly options: Options,
  ) {
    this.starts = [{ left: left.start, right: right.start }];
  }

  get items(): Item[] {
    return this.blocks.flatMap(({ items }) => items);
  }

  /** Whether there is more before what is held. */
  get hasEarlier(): boolean {
    return this.first > 0;
  }

  get hasMore(): boolean {
    return !this.ended || this.first + this.blocks.length < this.starts.length;
  }

  /** How many lines differ, as far as the runs have been read. */
  get total(): Counts & { whole: boolean } {
    const total = { same: 0, changed: 0, gone: 0, new: 0, whole: this.ended };
    for (const each of this.counts)
      for (const key of ["same", "changed", "gone", "new"] as const) total[key] += each[key];
    return total;
  }

  /** Makes the block behind those held; returns how many rows came, and how many made room at the front. */
  async more(): Promise<{ came: number; gone: number }> {
    const index = this.first + this.blocks.length;
    if (!this.starts[index]) return { came: 0, gone: 0 };
    const made = await this.make(index);
    this.blocks.push(made);
    const gone = this.blocks.length > MOST_BLOCKS ? (this.blocks.shift()?.items.length ?? 0) : 0;
    if (this.blocks.length === MOST_BLOCKS && index - this.first === MOST_BLOCKS) this.first += 1;
    return { came: made.items.length, gone };
  }

  /** Makes the block before those held; returns how many rows came. */
  async earlier(): Promise<number> {
    if (this.first === 0) return 0;
    const made = await this.make(this.first - 1);
    this.first -= 1;
    this.blocks.unshift(made);
    if (this.blocks.length > MOST_BLOCKS) this.blocks.pop();
    return made.items.length;
  }

  unfold(key: number): void {
    this.unfolded.add(key);
    this.blocks = this.blocks.map(({ pairs }) => ({ pairs, items: this.itemsOf(pairs) }));
  }

  private async make(index: number): Promise<Made> {
    const from = this.starts[index] as Places;
    const block = await this.block(from);
    if (index === this.starts.length - 1) {
      if (block.next) this.starts.push(block.next);
      else this.ended = true;
    }
    const counts = { same: 0, changed: 0, gone: 0, new: 0 };
    for (const { kind } of block.pairs) if (kind !== "beside") counts[kind] += 1;
    this.counts[index] = counts;
    return { pairs: block.pairs, items: this.itemsOf(block.pairs) };
  }

  private async block(from: Places): Promise<Block> {
    const { align, loose } = this.options;
    const read = (count: number) =>
      Promise.all([this.left.read(from.left, count), this.right.read(from.right, count)]);
    const [left, right] = await read(BLOCK_LINES);
    if (align === "line") return lineBlock(left, right, from);
    if (align === "time") return timeBlock(left, right, from, stepOf(this.shorter));
    const keyOf = loose ? withoutNumbers : (text: string) => text;
    const block = diffBlock(left, right, from, keyOf);
    if (!block.next || !isPoor(block, left, right)) return block;
    const [wideLeft, wideRight] = await read(WIDE_BLOCK_LINES);
    return diffBlock(wideLeft, wideRight, from, keyOf);
  }

  private get shorter(): number {
    const spans = [this.left, this.right].map(({ run }) => (run.ended_at ?? run.began_at) - run.began_at);
    return Math.min(...spans);
  }

  private itemsOf(pairs: Pair[]): Item[] {
    if (!this.options.fold || this.options.align !== "diff") return pairs;
    const items: Item[] = [];
    for (let from = 0; from < pairs.length; ) {
      const differs = pairs.findIndex((pair, index) => index >= from && pair.kind !== "same");
      const to = differs < 0 ? pairs.length : differs;
      const begin = from === 0 ? from : Math.min(to, from + AROUND);
      const end = differs < 0 ? to : Math.max(begin, to - AROUND);
      const key = pairs[begin]?.left?.index ?? -1;
      if (end - begin > 1 && !this.unfolded.has(key)) {
        items.push(...pairs.slice(from, begin), { kind: "folded", key, count: end - begin });
        items.push(...pairs.slice(end, to));
      } else {
        items.push(...pairs.slice(from, to));
      }
      from = to;
      while (from < pairs.length && pairs[from]?.kind !== "same") items.push(pairs[from++] as Pair);
    }
    return items;
  }
}
