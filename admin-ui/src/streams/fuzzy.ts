// Finding a name by some of its letters, in their order: `cb42` finds `ci/build-42`.

export interface Match {
  name: string;
  score: number;
  /** Where the letters stand in the name. */
  places: number[];
}

const STARTS = /[/\-_.~]/;

/** The best matches, at most `most` of them; names that came first stand first where they match equally well. */
export function fuzzyFind(query: string, names: Iterable<string>, most: number): Match[] {
  const letters = query.toLowerCase().replace(/\s+/g, "");
  const best: Match[] = [];
  for (const name of names) {
    const match = fuzzyMatch(letters, name);
    if (!match) continue;
    if (best.length === most && match.score <= (best.at(-1)?.score ?? 0)) continue;
    const at = best.findIndex((each) => each.score < match.score);
    best.splice(at < 0 ? best.length : at, 0, match);
    if (best.length > most) best.pop();
  }
  return best;
}

/** Null where the letters are not in the name in their order; better the closer together and to starts of words. */
export function fuzzyMatch(letters: string, name: string): Match | null {
  const low = name.toLowerCase();
  const whole = letters === "" ? -1 : wholeAt(low, letters);
  if (whole >= 0) {
    const places = Array.from(letters, (_, index) => whole + index);
    return { name, places, score: score(low, places) + letters.length * 2 };
  }
  // From the end: the last letters of a name tell more than its first folder.
  const places: number[] = [];
  let at = low.length;
  for (let index = letters.length - 1; index >= 0; index--) {
    at = low.lastIndexOf(letters[index] ?? "", at - 1);
    if (at < 0 || (index > 0 && at === 0)) return null;
    places.unshift(at);
  }
  return { name, places, score: score(low, places) };
}

/** Where the letters stand together: at the start of a word if there is such a place. */
function wholeAt(name: string, letters: string): number {
  let found = -1;
  for (let at = name.indexOf(letters); at >= 0; at = name.indexOf(letters, at + 1)) {
    if (isStart(name, at)) return at;
    found = at;
  }
  return found;
}

function score(name: string, places: readonly number[]): number {
  let sum = 0;
  places.forEach((at, index) => {
    sum += 1;
    if (index > 0 && places[index - 1] === at - 1) sum += 3;
    if (isStart(name, at)) sum += 3;
    if (at > name.lastIndexOf("/")) sum += 1;
  });
  // Of equals the shorter name.
  return sum - name.length / 1000;
}

function isStart(name: string, at: number): boolean {
  return at === 0 || STARTS.test(name[at - 1] ?? "");
}
