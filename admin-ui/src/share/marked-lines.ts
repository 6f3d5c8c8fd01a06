// The lines that an address marks: `@3` one, `@3-@9` all from one to another, by where they begin;
// `@7:3` as they were in epoch 7 of the stream.

export interface Marked {
  from: number;
  /** Where the last of them begins. */
  to: number;
  /** Of which life of the stream they are; null where the address does not say. */
  epoch: number | null;
}

export function parseMarked(at: string | undefined): Marked | null {
  const found = /^@(?:(\d{1,16}):)?(\d{1,16})(?:-@(\d{1,16}))?$/.exec(at ?? "");
  if (!found) return null;
  const [, epoch, first, last = first] = found;
  const from = Number(first);
  return { from, to: Math.max(from, Number(last)), epoch: epoch === undefined ? null : Number(epoch) };
}

export function printMarked({ from, to, epoch }: Marked): string {
  return `@${epoch === null ? "" : `${epoch}:`}${from}${from === to ? "" : `-@${to}`}`;
}

/** The lines from the first one that is marked up to another one, on either side. */
export function extended(marked: Marked | null, offset: number, epoch: number | null): Marked {
  const from = marked?.from ?? offset;
  return { from: Math.min(from, offset), to: Math.max(from, offset), epoch };
}
