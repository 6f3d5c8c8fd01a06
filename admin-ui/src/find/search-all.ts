// Looks for lines in many streams, the newest first, page by page: what was found so far, and how far it has come.

import type { Watch } from "../wire/rpc";
import type { HitRow, SearchAnswer, StreamSearchParams } from "../wire/types";

export interface Group {
  stream: string;
  hits: HitRow[];
}

export interface SearchState {
  groups: readonly Group[];
  hits: number;
  busy: boolean;
  /** How many streams were gone through, of how many, and how many bytes that were. */
  streams: number;
  of: number;
  bytes: number;
  /** There may be more, which nobody has asked for yet. */
  more: boolean;
  /** So many are held that no more are asked for. */
  full: boolean;
  /** Somebody gave it up. */
  stopped: boolean;
  problem: string;
}

export const NO_SEARCH: SearchState = {
  groups: [],
  hits: 0,
  busy: false,
  streams: 0,
  of: 0,
  bytes: 0,
  more: false,
  full: false,
  stopped: false,
  problem: "",
};

export const PAGE = 200;
export const MOST_HITS = 2000;

export type Wish = Pick<StreamSearchParams, "query" | "regex" | "case" | "pattern" | "from" | "to">;

export class SearchAll {
  state = NO_SEARCH;
  private wish: Wish | null = null;
  private next: string | null = null;
  private asking: AbortController | null = null;
  /** Bytes of the pages that are answered. */
  private scanned = 0;

  constructor(
    private readonly search: (params: StreamSearchParams, watch: Watch) => Promise<SearchAnswer>,
    private readonly changed: (state: SearchState) => void,
  ) {}

  /** Looks for something else. */
  begin(wish: Wish): Promise<void> {
    this.asking?.abort();
    this.wish = wish;
    this.next = null;
    this.scanned = 0;
    this.state = NO_SEARCH;
    return this.page(wish);
  }

  /** The next page, or the one that was given up. */
  more(): Promise<void> {
    if (!this.wish || this.state.busy || !this.state.more) return Promise.resolve();
    return this.page(this.wish);
  }

  stop(): void {
    if (!this.state.busy) return;
    this.asking?.abort();
    this.asking = null;
    this.tell({ busy: false, stopped: true, more: true });
  }

  private async page(wish: Wish): Promise<void> {
    const asking = new AbortController();
    this.asking = asking;
    this.tell({ busy: true, stopped: false, problem: "", more: false });
    try {
      const params = { ...wish, newest: true, limit: PAGE, after: this.next };
      const progress = (detail: Record<string, unknown>) => this.progress(asking, detail);
      const answer = await this.search(params, { signal: asking.signal, progress });
      if (this.asking !== asking) return;
      this.next = answer.next;
      this.scanned += answer.scanned_bytes;
      const full = this.state.hits + answer.hits.length >= MOST_HITS;
      this.tell({
        groups: grouped(this.state.groups, answer.hits),
        hits: this.state.hits + answer.hits.length,
        bytes: this.scanned,
        busy: false,
        more: answer.next !== null && !full,
        full: answer.next !== null && full,
      });
    } catch (error) {
      if (this.asking !== asking) return;
      this.tell({ busy: false, problem: (error as Error).message, more: this.state.hits > 0 });
    }
  }

  private progress(asking: AbortController, detail: Record<string, unknown>): void {
    if (this.asking !== asking) return;
    const { streams, of, bytes } = detail;
    this.tell({
      streams: Number(streams),
      of: Number(of),
      bytes: this.scanned + Number(bytes),
    });
  }

  private tell(part: Partial<SearchState>): void {
    this.state = { ...this.state, ...part };
    this.changed(this.state);
  }
}

/** Hits under their streams, in the order in which streams came; a page may go on with the stream of the last one. */
export function grouped(groups: readonly Group[], hits: readonly HitRow[]): Group[] {
  const byName = new Map(groups.map((group) => [group.stream, group]));
  for (const hit of hits) {
    const group = byName.get(hit.stream);
    byName.set(hit.stream, { stream: hit.stream, hits: [...(group?.hits ?? []), hit] });
  }
  return [...byName.values()];
}
