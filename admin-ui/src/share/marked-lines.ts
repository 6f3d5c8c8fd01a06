// The lines that an address marks: `@3` one, `@3-@9` all from one to another, by where they begin.

export interface Marked {
  from: number;
  /** Where the last of them begins. */
  to: number;
}

export function parseMarked(at: string | undefined): Marked | null {
  const found = /^@(\d{1,16})(?:-@(\d{1,16}))?$/.exec(at ?? "");
  if (!found) return null;
  const from = Number(found[1]);
  return { from, to: Math.max(from, Number(found[2] ?? from)) };
}

export function printMarked({ from, to }: Marked): string {
  return from === to ? `@${from}` : `@${from}-@${to}`;
}

/** The lines from the first one that is marked up to another one, on either side. */
export function extended(marked: Marked | null, offset: number): Marked {
  if (!marked) return { from: offset, to: offset };
  return { from: Math.min(marked.from, offset), to: Math.max(marked.from, offset) };
}
