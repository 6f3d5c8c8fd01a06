// How much JavaScript the page needs before it shows what it is opened at, and the bound on that: the build fails over
// it.

export interface Chunk {
  fileName: string;
  /** What it is made of, as `list-view`. */
  name: string;
  code: string;
  isEntry: boolean;
  /** Files that it needs at once. */
  imports: string[];
}

/** What the page needs to be opened at one of its views. */
export interface Start {
  view: string;
  files: { fileName: string; bytes: number }[];
  /** Of all files, gzipped. */
  bytes: number;
}

/** The page may take this many bytes of JavaScript, gzipped, before it shows what it is opened at. */
export const START_BYTES = 60_000;
/** What it is opened at most often. */
export const FIRST_VIEWS = ["list-view", "stream-view"];

export async function startsOf(chunks: readonly Chunk[], views = FIRST_VIEWS): Promise<Start[]> {
  const byName = new Map(chunks.map((chunk) => [chunk.fileName, chunk]));
  const closure = (chunk: Chunk, into: Set<Chunk>): Set<Chunk> => {
    if (into.has(chunk)) return into;
    into.add(chunk);
    for (const name of chunk.imports) {
      const needed = byName.get(name);
      if (needed) closure(needed, into);
    }
    return into;
  };
  return Promise.all(
    views.map(async (view) => {
      const own = chunks.find(({ name }) => name === view);
      if (!own) throw new Error(`the page has no chunk ${view}; FIRST_VIEWS in start-size.ts names it`);
      const needed = new Set<Chunk>();
      for (const chunk of chunks) if (chunk.isEntry || chunk === own) closure(chunk, needed);
      const files = await Promise.all(
        [...needed].map(async ({ fileName, code }) => ({ fileName, bytes: await gzipped(code) })),
      );
      files.sort((a, b) => b.bytes - a.bytes);
      return { view, files, bytes: files.reduce((sum, { bytes }) => sum + bytes, 0) };
    }),
  );
}

/** What to say when a start is over its bound; null when none is. */
export function overBound(starts: readonly Start[], bound = START_BYTES): string | null {
  const over = starts.filter(({ bytes }) => bytes > bound);
  if (!over.length) return null;
  const rows = over.flatMap(({ view, files, bytes }) => [
    `The page needs ${bytes} bytes of JavaScript (gzipped) to start at ${view}; the bound is ${bound} (START_BYTES):`,
    ...files.map((file) => `  ${String(file.bytes).padStart(7)}  ${file.fileName}`),
  ]);
  return [...rows, "Let what is not needed at once come later: lazy() in src/views/lazy.tsx."].join("\n");
}

async function gzipped(code: string): Promise<number> {
  const stream = new Blob([code]).stream().pipeThrough(new CompressionStream("gzip"));
  return (await new Response(stream).arrayBuffer()).byteLength;
}
