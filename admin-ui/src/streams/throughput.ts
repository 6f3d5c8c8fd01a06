// The hub's rates over the last hours, as the chart draws them: one point a second, then one each ten.

const FINE = 3600;
const COARSE = 8640;
const STEP = 10;

export interface Series {
  /** Unix seconds. */
  at: number[];
  lines: (number | null)[];
  bytes: (number | null)[];
}

/** `bytes` is null for who is not told of them. */
export interface ThroughputRow {
  at: number;
  lines: number;
  bytes: number | null;
  most: number;
}

/** After a longer silence than this the line is broken: nothing is known in between. */
const BREAK_S = 5;

export class Throughput {
  private readonly fine: Series = { at: [], lines: [], bytes: [] };
  private readonly coarse: Series = { at: [], lines: [], bytes: [] };
  private folded = 0;

  /** Takes the rates at a time (Unix milliseconds). */
  add(atMs: number, lines: number, bytes: number | null): void {
    const at = atMs / 1000;
    const last = this.fine.at.at(-1);
    if (last !== undefined && at <= last) return;
    if (last !== undefined && at - last > BREAK_S) push(this.fine, last + 1, null, null);
    push(this.fine, at, lines, bytes);
    while (this.fine.at.length > FINE) this.fold();
  }

  get length(): number {
    return this.fine.at.length + this.coarse.at.length;
  }

  get oldest(): number | undefined {
    return this.coarse.at[0] ?? this.fine.at[0];
  }

  /** The points since `from` (Unix seconds), oldest first. */
  since(from: number): Series {
    const series: Series = { at: [], lines: [], bytes: [] };
    for (const part of [this.coarse, this.fine]) {
      const first = part.at.findIndex((at) => at >= from);
      if (first < 0) continue;
      for (let index = first; index < part.at.length; index++)
        push(series, part.at[index] ?? 0, part.lines[index] ?? null, part.bytes[index] ?? null);
    }
    return series;
  }

  /** Rates of whole steps of `seconds`, newest first: what a table can hold. */
  table(seconds: number, rows: number): ThroughputRow[] {
    const all = this.since(0);
    const found: (ThroughputRow & { count: number })[] = [];
    for (let index = all.at.length - 1; index >= 0; index--) {
      const lines = all.lines[index];
      const bytes = all.bytes[index] ?? null;
      if (lines == null) continue;
      const at = Math.floor((all.at[index] ?? 0) / seconds) * seconds;
      let row = found.at(-1);
      if (!row || row.at !== at) {
        if (found.length === rows) break;
        row = { at, lines: 0, bytes: bytes === null ? null : 0, most: 0, count: 0 };
        found.push(row);
      }
      row.lines += lines;
      if (row.bytes !== null && bytes !== null) row.bytes += bytes;
      row.most = Math.max(row.most, lines);
      row.count += 1;
    }
    return found.map(({ at, lines, bytes, most, count }) => ({
      at,
      lines: lines / count,
      bytes: bytes === null ? null : bytes / count,
      most,
    }));
  }

  /** Makes one point of the oldest ten. */
  private fold(): void {
    const at = this.fine.at.splice(0, STEP);
    const lines = this.fine.lines.splice(0, STEP);
    const bytes = this.fine.bytes.splice(0, STEP);
    push(this.coarse, at[0] ?? 0, mean(lines), mean(bytes));
    this.folded += 1;
    if (this.folded > COARSE)
      for (const part of [this.coarse.at, this.coarse.lines, this.coarse.bytes]) part.shift();
  }
}

function push(series: Series, at: number, lines: number | null, bytes: number | null): void {
  series.at.push(at);
  series.lines.push(lines);
  series.bytes.push(bytes);
}

function mean(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length ? known.reduce((sum, value) => sum + value, 0) / known.length : null;
}
