// Heights of rows and where each begins: kept in blocks, so that rows may come and go at both ends.

const BLOCK = 256;

interface Block {
  heights: number[];
  sum: number;
}

export class Heights {
  private blocks: Block[] = [];
  length = 0;
  total = 0;

  clear(): void {
    this.blocks = [];
    this.length = this.total = 0;
  }

  push(height: number): void {
    let last = this.blocks.at(-1);
    if (!last || last.heights.length >= BLOCK) {
      last = { heights: [], sum: 0 };
      this.blocks.push(last);
    }
    last.heights.push(height);
    last.sum += height;
    this.length += 1;
    this.total += height;
  }

  /** Takes rows off the front; returns how high they were. */
  shift(count: number): number {
    return this.take(count, true);
  }

  /** Takes rows off the end; returns how high they were. */
  pop(count: number): number {
    return this.take(count, false);
  }

  get(index: number): number {
    const [block, within] = this.locate(index);
    return block?.heights[within] ?? 0;
  }

  /** Changes a row's height; says whether it was another. */
  set(index: number, height: number): boolean {
    const [block, within] = this.locate(index);
    const old = block?.heights[within];
    if (!block || old === undefined || old === height) return false;
    block.heights[within] = height;
    block.sum += height - old;
    this.total += height - old;
    return true;
  }

  /** Where a row begins; for an index past the last one, the end of all. */
  top(index: number): number {
    let top = 0;
    let left = index;
    for (const block of this.blocks) {
      if (left < block.heights.length) {
        for (let i = 0; i < left; i++) top += block.heights[i] as number;
        return top;
      }
      left -= block.heights.length;
      top += block.sum;
    }
    return top;
  }

  /** The row that covers a place, the first or the last one for places outside. */
  at(y: number): number {
    let top = 0;
    let index = 0;
    for (const block of this.blocks) {
      if (top + block.sum > y) {
        for (const height of block.heights) {
          top += height;
          if (top > y) return index;
          index += 1;
        }
      }
      top += block.sum;
      index += block.heights.length;
    }
    return Math.max(0, this.length - 1);
  }

  private take(count: number, front: boolean): number {
    const before = this.total;
    let left = Math.min(count, this.length);
    this.length -= left;
    while (left > 0) {
      const block = (front ? this.blocks[0] : this.blocks.at(-1)) as Block;
      const part = Math.min(left, block.heights.length);
      for (const height of block.heights.splice(front ? 0 : -part, part)) {
        block.sum -= height;
        this.total -= height;
      }
      if (block.heights.length === 0) this.blocks.splice(front ? 0 : -1, 1);
      left -= part;
    }
    return before - this.total;
  }

  private locate(index: number): [Block | undefined, number] {
    let left = index;
    for (const block of this.blocks) {
      if (left < block.heights.length) return [block, left];
      left -= block.heights.length;
    }
    return [undefined, 0];
  }
}
