// Draws the rows in sight. The only file of the viewer that touches the document; text goes into text nodes.

import { timeOfDay } from "../streams/format";
import { segments } from "./ansi";
import type { Row } from "./assembler";
import { LineBuffer } from "./line-buffer";
import { isAtEnd, visibleRows } from "./window";

export interface ViewEvents {
  /** Whether the view follows, and how many rows came since it does not. */
  following(following: boolean, missed: number): void;
  /** The reader is at the first row and may want older ones. */
  wantsOlder(): void;
  /** The reader is at the last row held, and the stream has newer ones. */
  wantsNewer(): void;
  /** The reader scrolled down to the end. */
  reachedEnd(): void;
  /** The view can hold no more without moving what is read. */
  full(full: boolean): void;
}

const ROW_HEIGHT = 20;
const NEAR = 5 * ROW_HEIGHT;

export class TextView {
  readonly buffer = new LineBuffer();
  private partial: Row | null = null;
  private following = true;
  private missed = 0;
  /** The rows held end before the stream does: the newest made room for older ones. */
  private apart = false;
  private drawn = { first: -1, last: -1 };
  private elements = new Map<Row, HTMLElement>();
  private lastTop = 0;
  private readonly sheet: HTMLElement;

  constructor(
    private readonly box: HTMLElement,
    private readonly events: ViewEvents,
    document: Document,
  ) {
    this.sheet = document.createElement("div");
    this.sheet.className = "sheet";
    box.replaceChildren(this.sheet);
    box.addEventListener("scroll", () => this.scrolled());
  }

  get isFollowing(): boolean {
    return this.following;
  }

  /** Whether the rows held end before the stream does. */
  get isApart(): boolean {
    return this.apart;
  }

  /** Adds rows. While the view is paused the text in sight does not move. */
  add(rows: Row[], partial: Row | null): void {
    if (this.apart) {
      this.missed += rows.length;
      this.events.following(false, this.missed);
      return;
    }
    this.partial = partial;
    const dropped = this.buffer.append(rows);
    if (!this.following) {
      this.missed += rows.length;
      if (dropped) this.box.scrollTop -= dropped * ROW_HEIGHT;
      this.events.following(false, this.missed);
      this.events.full(this.buffer.isFull);
    }
    this.draw(true);
  }

  /** Adds older rows above, under the reader's eyes. */
  addOlder(rows: Row[]): void {
    const dropped = this.buffer.prepend(rows);
    if (dropped) {
      this.apart = true;
      this.partial = null;
      this.events.full(true);
    }
    this.resize();
    this.box.scrollTop += rows.length * ROW_HEIGHT;
    this.draw(true);
  }

  /** Adds newer rows below, where older ones had taken their place. */
  addNewer(rows: Row[]): void {
    const dropped = this.buffer.append(rows);
    this.box.scrollTop -= dropped * ROW_HEIGHT;
    this.draw(true);
  }

  clear(): void {
    this.buffer.clear();
    this.apart = false;
    this.partial = null;
    this.draw(true);
  }

  pause(): void {
    if (!this.following) return;
    this.following = false;
    this.missed = 0;
    this.events.following(false, 0);
  }

  jumpToEnd(): void {
    this.following = true;
    this.missed = 0;
    this.events.following(true, 0);
    this.events.full(false);
    this.draw(true);
  }

  jumpToStart(): void {
    this.pause();
    this.box.scrollTop = 0;
    this.draw(false);
  }

  /** Draws again, as after the box changed its size. */
  draw(changed: boolean): void {
    this.resize();
    if (this.following) this.box.scrollTop = this.box.scrollHeight;
    const wanted = visibleRows(this.box.scrollTop, this.box.clientHeight, ROW_HEIGHT, this.rows);
    if (!changed && wanted.first === this.drawn.first && wanted.last === this.drawn.last) return;
    this.drawn = wanted;
    this.place(wanted.first, wanted.last);
  }

  /** Puts rows into the sheet. Elements that are there already stay: text that is selected stays selected. */
  private place(first: number, last: number): void {
    const kept = new Map<Row, HTMLElement>();
    for (let index = first; index < last; index++) {
      const row = this.buffer.at(index) ?? this.partial;
      if (!row) continue;
      const element = this.elements.get(row) ?? this.line(row);
      const top = `${index * ROW_HEIGHT}px`;
      if (element.style.top !== top) element.style.top = top;
      kept.set(row, element);
    }
    for (const [row, element] of this.elements) if (!kept.has(row)) element.remove();
    let next = this.sheet.firstChild;
    for (const element of kept.values()) {
      if (element === next) next = element.nextSibling;
      else this.sheet.insertBefore(element, next);
    }
    this.elements = kept;
  }

  private get rows(): number {
    return this.buffer.length + (this.partial ? 1 : 0);
  }

  private resize(): void {
    this.sheet.style.height = `${this.rows * ROW_HEIGHT}px`;
  }

  private line(row: Row): HTMLElement {
    const line = this.box.ownerDocument.createElement("div");
    if (row.kind === "note") {
      line.className = `row note ${row.tone}`;
      line.textContent = row.text;
      return line;
    }
    line.className = "row";
    line.dataset.at = timeOfDay(row.at);
    for (const { text, classes, ink, ground } of segments(row.text)) {
      const span = this.box.ownerDocument.createElement("span");
      if (classes) span.className = classes;
      if (ink) span.style.setProperty("--exact-ink", `rgb(${ink})`);
      if (ground) span.style.setProperty("--exact-ground", `rgb(${ground})`);
      span.textContent = text;
      line.append(span);
    }
    return line;
  }

  private scrolled(): void {
    const { scrollTop, clientHeight, scrollHeight } = this.box;
    const end = isAtEnd(scrollTop, clientHeight, scrollHeight, ROW_HEIGHT);
    const down = scrollTop > this.lastTop;
    this.lastTop = scrollTop;
    if (this.following && !end) this.pause();
    else if (!this.following && end && down && !this.apart) this.events.reachedEnd();
    this.look();
    this.draw(false);
  }

  /** Asks for more where the first row held is in sight, or the last one and it is not the stream's last. */
  look(): void {
    const { scrollTop, clientHeight, scrollHeight } = this.box;
    if (scrollTop < NEAR && !this.following) this.events.wantsOlder();
    if (this.apart && scrollTop + clientHeight > scrollHeight - NEAR) this.events.wantsNewer();
  }
}
