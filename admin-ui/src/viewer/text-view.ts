// Draws the rows in sight: a window on the rows held. With row-element.ts the only file that touches the document.
//
// Rows differ in height (wrapped lines, folds, what a filter leaves out), so a row's place is what the heights before
// it add up to. Heights of wrapped lines are guessed and mended once the line was drawn. Whatever changes above the
// place that is read, that place stays where it is: `keepingPlace` holds on to the first row in sight.

import { Folding } from "./folding";
import { Layout, ROW_HEIGHT } from "./layout";
import { LineBuffer, type Reach } from "./line-buffer";
import type { LineRules } from "./line-rules";
import { type Look, PLAIN_LOOK } from "./look";
import { RowElements } from "./row-element";
import { holds, joined, type Row, type TextLine } from "./rows";
import { HANDS, Scroller } from "./scrolling";
import { copiedText, keepSelected, selectionIn } from "./selection";
import type { ViewEvents } from "./view-events";

const NEAR = 5 * ROW_HEIGHT;
const OVERSCAN = 12 * ROW_HEIGHT;
/** While the end is followed, rows above what is in sight are of no use: the next ones push them out at once. */
const OVERSCAN_AT_END = 3 * ROW_HEIGHT;

export class TextView {
  readonly buffer = new LineBuffer();
  /** Whether the end is to be kept in sight. */
  following = true;
  private readonly folding = new Folding();
  private look: Look = PLAIN_LOOK;
  private rules: LineRules | null = null;
  private readonly layout = new Layout(this.folding, this.look, null);
  private partial: TextLine | null = null;
  private elements = new Map<Row, HTMLElement>();
  private target: { from: number; to: number } | null = null;
  private readonly scroller: Scroller;
  private readonly sheet: HTMLElement;
  private readonly makes: RowElements;
  private readonly probe: HTMLElement;

  constructor(
    readonly box: HTMLElement,
    private readonly events: ViewEvents,
  ) {
    const document = box.ownerDocument;
    this.scroller = new Scroller(box, ROW_HEIGHT / 2);
    this.makes = new RowElements(document);
    this.sheet = document.createElement("div");
    this.sheet.className = "sheet";
    this.probe = document.createElement("span");
    this.probe.className = "probe";
    this.probe.textContent = "0".repeat(100);
    this.probe.ariaHidden = "true";
    box.replaceChildren(this.probe, this.sheet);
    box.addEventListener("scroll", this.scrolled);
    for (const kind of HANDS) box.addEventListener(kind, this.scroller.touched, { passive: true });
    box.addEventListener("click", this.clicked);
    box.addEventListener("copy", this.copied);
    document.addEventListener("selectionchange", this.selected);
  }

  close(): void {
    this.box.removeEventListener("scroll", this.scrolled);
    for (const kind of HANDS) this.box.removeEventListener(kind, this.scroller.touched);
    this.box.removeEventListener("click", this.clicked);
    this.box.removeEventListener("copy", this.copied);
    this.box.ownerDocument.removeEventListener("selectionchange", this.selected);
  }

  /** The first row in sight, which the reader is at. */
  get inSight(): Row | undefined {
    return this.rowAt(0);
  }

  /** The row at a share of the height in sight: `show` brings one to a quarter. */
  rowAt(share: number): Row | undefined {
    return this.row(this.layout.heights.at(this.box.scrollTop + this.box.clientHeight * share));
  }

  /** Up to where the reader sees; null at the end of what is held. */
  get seenTo(): Reach | null {
    const { scrollTop, clientHeight } = this.box;
    const index = this.layout.heights.at(scrollTop + clientHeight);
    if (this.following || index >= this.buffer.length - 1) return null;
    return this.buffer.reach(index);
  }

  /** Whether the row that begins at an offset is in sight. */
  shows(offset: number): boolean {
    const last = this.rowAt(1);
    return offset >= (this.inSight?.offset ?? Infinity) && offset <= (last?.offset ?? -1);
  }

  setLook(look: Look): void {
    this.look = look;
    this.box.classList.toggle("wrapped", look.wrap);
    this.box.classList.toggle("numbered", look.numbers);
    this.box.classList.toggle("timed", look.times !== "off");
    this.box.dataset.times = look.times;
    this.again();
  }

  setRules(rules: LineRules | null): void {
    this.rules = rules;
    this.again();
    // Where what is left does not fill the box, nobody can scroll to ask for more.
    if (rules?.filters && this.layout.heights.total <= this.box.clientHeight) this.lookAround();
  }

  /** Adds rows at the end, and the unfinished line after them; returns those that made room at the front. */
  append(fresh: Row[], partial: TextLine | null): Row[] {
    return this.keepingPlace(() => {
      if (this.partial) this.layout.heights.pop(1);
      const rows = this.goneOn(fresh);
      const folds = this.layout.enter(rows, this.following, this.buffer.firstOffset ?? 0);
      const dropped = this.buffer.append(rows);
      this.partial = partial;
      const kept = Math.min(rows.length, this.buffer.length);
      for (const row of rows.slice(rows.length - kept)) this.layout.heights.push(this.layout.estimate(row));
      this.layout.heights.shift(this.layout.heights.length - this.buffer.length);
      this.folding.forget(dropped);
      for (const fold of folds) this.layout.refold(fold, this.buffer.all, this.buffer.indexOf(fold.head));
      if (partial) this.layout.heights.push(this.layout.estimate(partial));
      this.makes.refreshHeads(this.elements, this.folding.takeChanged(), (fold) =>
        this.layout.isFolded(fold),
      );
      return dropped;
    });
  }

  /** A gap that goes on is one bar: the last row held gives way to both. */
  private goneOn(rows: Row[]): Row[] {
    const gap = joined(this.buffer.at(this.buffer.length - 1), rows[0]);
    if (!gap) return rows;
    this.buffer.pop();
    this.layout.heights.pop(1);
    return [gap, ...rows.slice(1)];
  }

  /** Adds older rows above; returns the newer ones that had to make room. */
  prepend(rows: Row[]): Row[] {
    return this.keepingPlace(() => {
      const dropped = this.buffer.prepend(rows);
      if (dropped.length) this.partial = null;
      this.relayout();
      return dropped;
    });
  }

  /** Shows other rows instead. */
  replaceAll(rows: Row[]): void {
    this.buffer.clear();
    this.partial = null;
    this.buffer.append(rows);
    this.relayout();
  }

  /** Puts what was fetched in the place of a gap; returns whether newer rows had to make room. */
  fill(first: Row, to: number, rows: Row[]): boolean {
    return this.keepingPlace(() => {
      const made = this.buffer.replace(first, to, rows);
      if (made) this.partial = null;
      this.relayout();
      return made;
    });
  }

  truncate(offset: number): void {
    this.keepingPlace(() => {
      this.buffer.truncate(offset);
      if (this.partial && this.partial.end > offset) this.partial = null;
      this.relayout();
    });
  }

  /** Gives lines their numbers from the one that begins at `offset` on. */
  number(offset: number, line: number): void {
    this.buffer.number(offset, line);
    this.refreshGutters(Date.now());
  }

  refreshGutters(now: number): void {
    for (const [row, element] of this.elements)
      if (row.kind === "line") this.makes.gutter(element, row, this.look, now);
  }

  /** Brings the row that holds `offset` into sight, and marks the rows up to `to`. */
  show(offset: number, to = offset): void {
    this.target = { from: offset, to };
    this.forgetElements();
    const index = this.buffer.indexAt(offset);
    if (this.layout.open(this.buffer.at(index))) this.relayout();
    this.draw();
    this.scroller.to(Math.max(0, this.layout.heights.top(index) - this.box.clientHeight / 4));
    this.draw();
  }

  /** Marks rows without going there. */
  mark(from: number, to = from): void {
    this.target = { from, to };
    this.again();
  }

  unmark(): void {
    if (!this.target) return;
    this.target = null;
    this.again();
  }

  scrollToEnd(): void {
    this.scroller.toEnd();
    this.draw();
  }

  /** Draws again, as after the box changed its size. */
  draw(): void {
    this.measureColumns();
    this.resize();
    if (this.following) this.scroller.toEnd();
    this.place();
    if (this.measure()) {
      this.resize();
      if (this.following) this.scroller.toEnd();
      this.place();
    }
    this.scroller.settle();
    const first = this.inSight;
    const last = this.rowAt(1);
    if (first && last) this.events.sees(first.offset, last.kind === "line" ? last.end : last.offset);
  }

  /** Asks for more where an end of what is held is near; not where a filter leaves both near, whatever comes. */
  lookAround(): void {
    const { scrollTop, clientHeight } = this.box;
    if (this.rules?.filters && this.buffer.isFull && this.layout.heights.total < clientHeight + 2 * NEAR)
      return;
    if (scrollTop < NEAR && !this.following) this.events.wantsOlder();
    if (scrollTop + clientHeight > this.layout.heights.total - NEAR) this.events.wantsNewer();
  }

  private row(index: number): Row | undefined {
    return this.buffer.at(index) ?? (index === this.buffer.length ? (this.partial ?? undefined) : undefined);
  }

  /** Changes something without moving what is in sight. */
  private keepingPlace<T>(change: () => T): T {
    const heights = this.layout.heights;
    const index = heights.at(this.box.scrollTop);
    const anchor = this.following ? undefined : this.row(index);
    const within = this.box.scrollTop - heights.top(index);
    const made = change();
    if (anchor) {
      this.resize();
      const now = this.buffer.indexOf(anchor);
      this.scroller.to(heights.top(now) + within);
    }
    this.draw();
    return made;
  }

  private again(): void {
    this.forgetElements();
    this.keepingPlace(() => this.relayout());
  }

  private forgetElements(): void {
    for (const element of this.elements.values()) element.remove();
    this.elements.clear();
  }

  private relayout(): void {
    this.layout.set(this.look, this.rules);
    this.measureColumns();
    this.layout.all(this.buffer.all, this.partial);
  }

  private measureColumns(): void {
    const width = this.probe.getBoundingClientRect().width / 100;
    const gutter = this.elements.values().next().value?.querySelector(".gutter") as
      | HTMLElement
      | null
      | undefined;
    const room = this.box.clientWidth - (gutter?.offsetWidth ?? 80) - 32;
    if (width > 0) this.layout.columns = Math.max(10, Math.floor(room / width));
  }

  /** Puts rows into the sheet. Elements that are there already stay: text that is selected stays selected. */
  private place(): void {
    const { heights } = this.layout;
    const kept = new Map<Row, HTMLElement>();
    const more = this.following ? OVERSCAN_AT_END : OVERSCAN;
    const begin = heights.at(this.box.scrollTop - more);
    const end = this.box.scrollTop + this.box.clientHeight + more;
    let top = heights.top(begin);
    for (let index = begin; index < this.buffer.length + (this.partial ? 1 : 0) && top < end; index++) {
      const height = heights.get(index);
      const row = this.row(index);
      if (row && height > 0) {
        const element = this.elements.get(row) ?? this.makes.make(row, this.dress(row));
        const place = `${top}px`;
        if (element.style.top !== place) element.style.top = place;
        kept.set(row, element);
      }
      top += height;
    }
    keepSelected(kept, this.elements, this.sheet);
    for (const [row, element] of this.elements) if (!kept.has(row)) element.remove();
    let next = this.sheet.firstChild;
    for (const element of kept.values()) {
      if (element === next) next = element.nextSibling;
      else this.sheet.insertBefore(element, next);
    }
    this.elements = kept;
  }

  /** Mends guessed heights by what was drawn; returns whether any was wrong. */
  private measure(): boolean {
    // Else only notes may be higher than a row.
    const all = this.look.wrap || this.layout.expanded.size > 0;
    const { heights } = this.layout;
    const above = heights.at(this.box.scrollTop);
    const within = this.box.scrollTop - heights.top(above);
    let wrong = false;
    for (const [row, element] of this.elements) {
      if (!all && row.kind === "line") continue;
      const index = row === this.partial ? this.buffer.length : this.buffer.indexOf(row);
      if (heights.get(index) > 0) wrong = heights.set(index, element.offsetHeight) || wrong;
    }
    if (wrong && !this.following) this.scroller.to(heights.top(above) + within);
    return wrong;
  }

  private dress(row: Row) {
    const fold = this.folding.headedBy(row);
    return {
      look: this.look,
      rules: this.rules,
      fold,
      folded: fold !== undefined && this.layout.isFolded(fold),
      expanded: row.kind === "line" && this.layout.isExpanded(row),
      target: this.target !== null && holds(row, this.target),
    };
  }

  private resize(): void {
    const height = `${this.layout.heights.total}px`;
    if (this.sheet.style.height !== height) this.sheet.style.height = height;
  }

  private rowOf(node: Node | null): Row | undefined {
    for (const [row, element] of this.elements) if (node && element.contains(node)) return row;
    return undefined;
  }

  private readonly scrolled = (): void => {
    const move = this.scroller.told();
    if (move) this.events.scrolled(move);
    this.draw();
    this.lookAround();
  };

  private readonly selected = (): void => {
    if (selectionIn(this.sheet)) this.events.selects();
  };

  private readonly clicked = (event: MouseEvent): void => {
    const act = (event.target as HTMLElement).dataset.act;
    const row = act ? this.rowOf(event.target as Node) : undefined;
    if (!row) return;
    if (row.kind === "note") {
      if (act === "fetch") this.events.fetch(row);
    } else if (act === "link") {
      this.events.link(row, event.shiftKey);
    } else {
      this.toggle(row, act === "fold");
    }
  };

  private toggle(row: TextLine, isFold: boolean): void {
    const { folded, expanded } = this.layout;
    const fold = this.folding.headedBy(row);
    if (isFold && fold) folded.set(fold.key, !this.layout.isFolded(fold));
    else expanded.set(row.offset, !this.layout.isExpanded(row));
    this.again();
  }

  private readonly copied = (event: ClipboardEvent): void => {
    const selection = this.box.ownerDocument.getSelection();
    if (!selection || selection.isCollapsed) return;
    const from = this.rowOf(selection.anchorNode);
    const to = this.rowOf(selection.focusNode);
    if (!from || !to || from === to) return;
    const shown = this.buffer.all.filter((row) => this.layout.isShown(row));
    event.clipboardData?.setData("text/plain", copiedText(shown, from, to, selection, this.elements));
    event.preventDefault();
  };
}
