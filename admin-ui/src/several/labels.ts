// Short names that tell some streams from each other.

/** Labels have so many letters at most, and so many where there is little room. */
export const MOST_LETTERS = 24;
export const FEW_LETTERS = 10;

/** What of each name is not common to all, by whole words between `/`; cut in its middle where it is long. */
export function labelsFor(names: readonly string[], most = MOST_LETTERS): string[] {
  const parts = names.map((name) => name.split("/"));
  const least = Math.min(...parts.map(({ length }) => length)) - 1;
  let common = 0;
  while (common < least && parts.every((each) => each[common] === parts[0]?.[common])) common += 1;
  const cut = parts.map((each) => shortened(each.slice(common).join("/"), most));
  // What was cut away may be what differs: a number tells them apart then.
  return cut.map((label, index) =>
    cut.indexOf(label) === cut.lastIndexOf(label) ? label : `${index + 1} ${label}`,
  );
}

function shortened(name: string, most: number): string {
  if (name.length <= most) return name;
  // Names differ at their ends.
  const tail = Math.ceil((most - 1) / 2);
  return `${name.slice(0, most - 1 - tail)}…${name.slice(-tail)}`;
}
