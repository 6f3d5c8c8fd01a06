// What two sequences have in common: Myers' greedy way (1986), bounded. Over the bound, items that are in each of them
// exactly once hold the rest together, as in patience diff.

/** So many differences are looked for; time and memory go with their square. */
export const MOST_EDITS = 800;

/** Pairs of places, rising on both sides, whose items are equal. */
export type Match = [left: number, right: number];

export function matchesOf(left: readonly string[], right: readonly string[], most = MOST_EDITS): Match[] {
  let from = 0;
  while (from < left.length && from < right.length && left[from] === right[from]) from += 1;
  let tail = 0;
  const room = Math.min(left.length, right.length) - from;
  while (tail < room && left[left.length - 1 - tail] === right[right.length - 1 - tail]) tail += 1;
  const a = left.slice(from, left.length - tail);
  const b = right.slice(from, right.length - tail);
  const middle = shortestEdit(a, b, most) ?? anchored(a, b, most);
  const matches: Match[] = [];
  for (let at = 0; at < from; at++) matches.push([at, at]);
  for (const [at, other] of middle) matches.push([at + from, other + from]);
  for (let at = tail; at > 0; at--) matches.push([left.length - at, right.length - at]);
  return matches;
}

/** The matches of a shortest edit; null where it has more edits than `most`. */
function shortestEdit(a: readonly string[], b: readonly string[], most: number): Match[] | null {
  const limit = Math.min(most, a.length + b.length);
  const offset = limit + 1;
  const reach = new Int32Array(2 * limit + 3);
  const trace: Int32Array[] = [];
  for (let edits = 0; edits <= limit; edits++) {
    trace.push(reach.slice(offset - edits - 1, offset + edits + 2));
    for (let k = -edits; k <= edits; k += 2) {
      const down = k === -edits || (k !== edits && at(reach, offset + k - 1) < at(reach, offset + k + 1));
      let x = down ? at(reach, offset + k + 1) : at(reach, offset + k - 1) + 1;
      let y = x - k;
      while (x < a.length && y < b.length && a[x] === b[y]) {
        x += 1;
        y += 1;
      }
      reach[offset + k] = x;
      if (x >= a.length && y >= b.length) return walkBack(trace, a.length, b.length);
    }
  }
  return null;
}

function walkBack(trace: readonly Int32Array[], width: number, height: number): Match[] {
  const matches: Match[] = [];
  let x = width;
  let y = height;
  for (let edits = trace.length - 1; edits >= 0; edits--) {
    const reach = trace[edits] as Int32Array;
    const middle = edits + 1;
    const k = x - y;
    const down = k === -edits || (k !== edits && at(reach, middle + k - 1) < at(reach, middle + k + 1));
    const before = down ? k + 1 : k - 1;
    const fromX = edits === 0 ? 0 : at(reach, middle + before);
    const fromY = edits === 0 ? 0 : fromX - before;
    while (x > fromX && y > fromY) {
      x -= 1;
      y -= 1;
      matches.push([x, y]);
    }
    x = fromX;
    y = fromY;
  }
  return matches.reverse();
}

/** Matches around items that both have exactly once. */
function anchored(a: readonly string[], b: readonly string[], most: number): Match[] {
  const matches: Match[] = [];
  let fromA = 0;
  let fromB = 0;
  for (const [atA, atB] of [...longestRising(uniques(a, b)), [a.length, b.length] as Match]) {
    const between = shortestEdit(a.slice(fromA, atA), b.slice(fromB, atB), Math.min(most, 100)) ?? [];
    for (const [x, y] of between) matches.push([fromA + x, fromB + y]);
    if (atA < a.length) matches.push([atA, atB]);
    fromA = atA + 1;
    fromB = atB + 1;
  }
  return matches;
}

function uniques(a: readonly string[], b: readonly string[]): Match[] {
  const inB = places(b);
  const found: Match[] = [];
  for (const [item, place] of places(a)) {
    const other = inB.get(item);
    if (place >= 0 && other !== undefined && other >= 0) found.push([place, other]);
  }
  return found.sort((x, y) => x[0] - y[0]);
}

/** Where each item is; -1 for what is there more than once. */
function places(items: readonly string[]): Map<string, number> {
  const found = new Map<string, number>();
  for (const [place, item] of items.entries()) found.set(item, found.has(item) ? -1 : place);
  return found;
}

/** The longest part of the matches that rises on the right, too. */
function longestRising(matches: readonly Match[]): Match[] {
  const ends: number[] = [];
  const before: number[] = [];
  for (const [index, [, right]] of matches.entries()) {
    let low = 0;
    let high = ends.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((matches[ends[middle] as number]?.[1] ?? 0) < right) low = middle + 1;
      else high = middle;
    }
    before[index] = low > 0 ? (ends[low - 1] as number) : -1;
    ends[low] = index;
  }
  const found: Match[] = [];
  for (let index = ends.at(-1) ?? -1; index >= 0; index = before[index] ?? -1)
    found.push(matches[index] as Match);
  return found.reverse();
}

const at = (numbers: Int32Array, place: number): number => numbers[place] ?? 0;
