// The list as it is shown: filtered, folded, sorted, and held still while somebody is about to click in it.

import type { StreamRow } from "../wire/types";
import { type Accept, parseFilter } from "./fleet-filter";
import { compare, NEWEST, type Order, printOrder } from "./fleet-order";
import {
  type Branch,
  type Folder,
  foldersIn,
  growTree,
  type Source,
  sumUp,
  tellApart,
  unsort,
} from "./fleet-tree";

/** What of the list stands in the address. */
export interface FleetState {
  filter: string;
  order: Order;
  flat: boolean;
}

export interface FleetRow {
  branch: Branch;
  level: number;
  /** Null for a stream. */
  open: boolean | null;
  position: number;
  siblings: number;
}

export interface FleetRows {
  rows: FleetRow[];
  /** Streams that the filter accepts. */
  matching: number;
  /** Streams that have come since the list is held. */
  waiting: number;
  held: boolean;
}

export interface FleetSource extends Source {
  all(): Iterable<StreamRow>;
  readonly size: number;
  readonly isLoaded: boolean;
  /** Grows when streams come or go. */
  readonly structure: number;
}

// With more streams than this, folders are shut at first: what one sees is an overview.
const MANY = 300;
// Rows that change places all the time cannot be read.
const SORT_EVERY_MS = 2000;
// A list that takes long to make is made less often: a tenth of the time at most.
const SHARE = 10;

export class Fleet {
  private state: FleetState = { filter: "", order: NEWEST, flat: false };
  private tree: Folder | null = null;
  private structure = -1;
  private readonly turned = new Map<string, boolean>();
  private openFirst: boolean | null = null;
  private held = false;
  private sortedAt = 0;
  private nextAt = 0;
  private dirty = true;
  /** The streams in the tree, and how many more there would be if it were not held. */
  private known = new Set<string>();
  private waiting = 0;
  private shown: FleetRows = { rows: [], matching: 0, waiting: 0, held: false };
  /** The row that the keyboard is at. */
  cursor: string | null = null;
  /** Where the list was scrolled to, for who comes back. */
  scrollTop = 0;

  constructor(
    private readonly source: FleetSource,
    /** Milliseconds that only go forward, for what is done how often. */
    private readonly clock: () => number,
    private readonly wall: () => number,
  ) {}

  get(): FleetState {
    return this.state;
  }

  /** Shows other streams or another order: the person's own wish, so nothing is held over it. */
  set(state: FleetState): void {
    const before = this.state;
    if (
      before.filter === state.filter &&
      before.flat === state.flat &&
      printOrder(before.order) === printOrder(state.order)
    )
      return;
    this.state = state;
    if (before.filter !== state.filter || before.flat !== state.flat) this.tree = null;
    else if (this.tree) unsort(this.tree);
    this.dirty = true;
  }

  get isHeld(): boolean {
    return this.held;
  }

  /** From now on rows keep their places, with the values of now; what comes has to wait. */
  hold(): void {
    this.held = true;
  }

  release(): void {
    if (!this.held) return;
    this.held = false;
    this.renew();
  }

  /** Sorts, and takes in what waits, even while the list is held. */
  renew(): void {
    this.tree = null;
    this.dirty = true;
  }

  isOpen(folder: Folder): boolean {
    return this.turned.get(folder.id) ?? (this.state.filter !== "" || this.openFirst === true);
  }

  turn(id: string, open: boolean): void {
    this.turned.set(id, open);
    this.dirty = true;
  }

  /** Opens all folders, or shuts them. */
  turnAll(open: boolean): void {
    this.turned.clear();
    if (this.tree) for (const folder of foldersIn(this.tree)) this.turned.set(folder.id, open);
    this.openFirst = open;
    this.dirty = true;
  }

  /** Opens what is above a stream, so that its row is there. */
  reveal(name: string): void {
    for (let at = name.indexOf("/"); at >= 0; at = name.indexOf("/", at + 1))
      this.turned.set(name.slice(0, at + 1), true);
    this.cursor = name;
    this.dirty = true;
  }

  /** What to show now. */
  show(): FleetRows {
    const began = this.clock();
    if (!this.dirty && began < this.nextAt) return this.shown;
    this.dirty = false;
    this.grow(began);
    const tree = this.tree;
    if (!tree) return this.shown;
    sumUp(tree, this.source);
    if (!this.held && began - this.sortedAt >= SORT_EVERY_MS) {
      unsort(tree);
      this.sortedAt = began;
    }
    const rows: FleetRow[] = [];
    this.flatten(tree, 0, rows);
    this.shown = { rows, matching: this.known.size, waiting: this.waiting, held: this.held };
    this.nextAt = began + (this.clock() - began) * SHARE;
    return this.shown;
  }

  private grow(began: number): void {
    const { filter, flat } = this.state;
    const { accept, changing } = parseFilter(filter);
    const fresh = this.structure === this.source.structure;
    const due = changing && began - this.sortedAt >= SORT_EVERY_MS;
    if (this.tree && fresh && !due) return;
    this.structure = this.source.structure;
    const found = filter === "" ? [...this.source.all()] : this.accepted(accept);
    if (this.tree && this.held) {
      this.waiting = found.filter(({ stream }) => !this.known.has(stream)).length;
      return;
    }
    if (this.openFirst === null && this.source.isLoaded && this.source.size > 0)
      this.openFirst = this.source.size <= MANY;
    this.tree = growTree(found, flat);
    this.known = new Set(found.map(({ stream }) => stream));
    this.waiting = 0;
    this.sortedAt = began;
  }

  private accepted(accept: Accept): StreamRow[] {
    const now = this.wall();
    return [...this.source.all()].filter((row) => accept(row, now));
  }

  private flatten(folder: Folder, level: number, rows: FleetRow[]): void {
    const order = printOrder(this.state.order) || "newest";
    if (folder.order !== order) {
      folder.children.sort(compare(this.state.order));
      folder.order = order;
    }
    tellApart(folder);
    const siblings = folder.children.length;
    folder.children.forEach((branch, index) => {
      const open = branch.kind === "folder" ? this.isOpen(branch) : null;
      rows.push({ branch, level, open, position: index + 1, siblings });
      if (branch.kind === "folder" && open) this.flatten(branch, level + 1, rows);
    });
  }
}
