// What tells a name from its siblings: where it has no room it is cut in what they have in common.

/** A part of a name; what is before and behind it is the same in the names that are most like it. */
export interface OwnPart {
  from: number;
  to: number;
}

/** Shorter names have room everywhere. */
const LONG = 16;
/** A part begins and ends with a word, unless that begins so far away. */
const WORD = 16;
const SEPARATOR = /[^\p{L}\p{N}\p{Surrogate}]/u;

/** The own part of each of some names, null where nothing else would be left out. */
export function ownParts(names: readonly string[]): (OwnPart | null)[] {
  const parts: (OwnPart | null)[] = names.map(() => null);
  const order = names.map((_, index) => index).filter((index) => (names[index] ?? "").length > LONG);
  order.sort((a, b) => ((names[a] as string) < (names[b] as string) ? -1 : 1));
  // The names most like one stand beside it.
  order.forEach((index, place) => {
    const beside = [order[place - 1], order[place + 1]].flatMap((each) =>
      each === undefined ? [] : [names[each] as string],
    );
    parts[index] = ownPart(names[index] as string, beside);
  });
  return parts;
}

function ownPart(name: string, beside: string[]): OwnPart | null {
  const fronts = beside.map((other) => commonFront(name, other));
  const front = Math.max(0, ...fronts);
  const alike = beside.filter((_, index) => fronts[index] === front);
  const back = Math.min(...alike.map((other) => commonBack(name, other, front)));
  if (!Number.isFinite(back)) return null;
  const from = wordBefore(name, front);
  const to = wordBehind(name, name.length - back);
  return from >= to || (from === 0 && to === name.length) ? null : { from, to };
}

function commonFront(one: string, other: string): number {
  const most = Math.min(one.length, other.length);
  let at = 0;
  while (at < most && one[at] === other[at]) at += 1;
  return at;
}

/** What both end with, that is not of what they begin with. */
function commonBack(one: string, other: string, front: number): number {
  const most = Math.min(one.length, other.length) - front;
  let length = 0;
  while (length < most && one.at(-1 - length) === other.at(-1 - length)) length += 1;
  return length;
}

function wordBefore(name: string, at: number): number {
  for (let from = at; from > Math.max(0, at - WORD); from -= 1)
    if (SEPARATOR.test(name[from - 1] as string)) return from;
  return at <= WORD ? 0 : whole(name, at);
}

function wordBehind(name: string, at: number): number {
  for (let to = at; to < Math.min(name.length, at + WORD); to += 1)
    if (SEPARATOR.test(name[to] as string)) return to;
  return name.length - at <= WORD ? name.length : whole(name, at);
}

/** Half of a character is none. */
function whole(name: string, at: number): number {
  return /[\uDC00-\uDFFF]/.test(name[at] ?? "") ? at - 1 : at;
}
