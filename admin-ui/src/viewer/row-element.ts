// A row as an element. Text goes into text nodes only; what stands out is a class, never markup from the stream.

import { timeOfDay } from "../streams/format";
import { plainText, segments } from "./ansi";
import type { Fold } from "./folding";
import { jsonOf, jsonPieces, prettyJson } from "./json-line";
import { type LineRules, type Mark, piecesOf } from "./line-rules";
import { linksIn } from "./links";
import type { Look } from "./look";
import { namesRaised } from "./raised";
import type { Note, Row, RowSource, TextLine } from "./rows";

/** What is known of a row besides itself. */
export interface Dress {
  look: Look;
  rules: LineRules | null;
  /** The fold that it heads, and whether that is folded. */
  fold: Fold | undefined;
  folded: boolean;
  /** A JSON line that is taken apart. */
  expanded: boolean;
  /** The row that somebody went to. */
  target: boolean;
}

const MOST_SHOWN = 64 * 1024;

export class RowElements {
  constructor(private readonly document: Document) {}

  make(row: Row, dress: Dress): HTMLElement {
    return row.kind === "note" ? this.note(row) : this.line(row, dress);
  }

  /** What the gutter says, again: a number may become known later, a relative time grows. */
  gutter(element: HTMLElement, row: TextLine, look: Look, now: number): void {
    const gutter = element.firstChild as HTMLElement;
    const number = row.line === undefined ? "" : String(row.line + 1);
    if (gutter.dataset.line !== number) gutter.dataset.line = number;
    const time = look.times === "off" ? "" : timeText(row.at, look.times, now);
    if ((gutter.dataset.at ?? "") !== time) gutter.dataset.at = time;
  }

  /** Lets drawn heads say what became of their folds; those that have to be drawn anew are taken away. */
  refreshHeads(drawn: Map<Row, HTMLElement>, folds: Iterable<Fold>, isFolded: (fold: Fold) => boolean): void {
    for (const fold of folds) {
      const element = drawn.get(fold.head);
      const facts = element?.querySelector(".fold-facts");
      const toggle = element?.querySelector('[data-act="fold"]');
      if (facts && toggle?.ariaExpanded === String(!isFolded(fold))) {
        facts.textContent = foldFacts(fold);
      } else if (element) {
        element.remove();
        drawn.delete(fold.head);
      }
    }
  }

  private note(row: Note): HTMLElement {
    const element = this.span("div", `row note ${row.tone}`);
    if (row.source) element.append(this.source(row.source));
    element.append(this.text("span", row.text));
    if (row.at !== undefined) element.append(this.text("time", timeOfDay(row.at)));
    if (row.fetchable) element.append(this.button("fetch", row.source ? "Open there" : "Fetch"));
    return element;
  }

  private line(row: TextLine, dress: Dress): HTMLElement {
    const element = this.span("div", "row line");
    if (row.ch === "err") element.classList.add("err");
    if (row.partial) element.classList.add("partial");
    if (dress.target) element.classList.add("target");
    const gutter = this.span("span", "gutter");
    gutter.dataset.act = "link";
    if (row.ch === "err") gutter.title = "standard error";
    element.append(gutter);
    this.gutter(element, row, dress.look, Date.now());
    if (row.source) element.append(this.source(row.source));
    const text = this.span("span", namesRaised(plainText(row.text)) ? "content raised" : "content");
    element.append(text);
    if (dress.fold && dress.look.fold) this.head(text, row, dress.fold, dress.folded);
    else this.body(text, row, dress);
    return element;
  }

  private source({ index, name, label }: RowSource): HTMLElement {
    const element = this.text("span", label, `source source-${index}`);
    element.title = name;
    return element;
  }

  private head(into: HTMLElement, row: TextLine, fold: Fold, folded: boolean): void {
    const toggle = this.button("fold", folded ? "▸" : "▾");
    toggle.setAttribute("aria-expanded", String(!folded));
    toggle.setAttribute("aria-label", `${folded ? "Open" : "Fold"} ${fold.title}`);
    const title = this.text("span", fold.title || plainText(row.text));
    title.className = `fold-title ${fold.kind}`;
    into.append(toggle, title, this.text("span", foldFacts(fold), "fold-facts"));
  }

  private body(into: HTMLElement, row: TextLine, { look, rules, expanded }: Dress): void {
    const plain = plainText(row.text);
    const json = look.pretty ? jsonOf(plain) : undefined;
    if (json) {
      const toggle = this.button("expand", expanded ? "▾" : "▸");
      toggle.setAttribute("aria-expanded", String(expanded));
      toggle.setAttribute("aria-label", expanded ? "Show as one line" : "Show the parts of this JSON line");
      into.append(toggle);
    }
    const shown = json && expanded ? prettyJson(json) : plain;
    const marks = rules && !(json && expanded) ? rules.marks(plain, row) : [];
    const parts = json
      ? jsonPieces(shown).map(({ text, kind }) => ({ text, classes: kind && `json-${kind}` }))
      : segments(row.text);
    if (json && expanded) into.classList.add("parts");
    this.parts(into, parts, marks, shown);
  }

  /** Puts coloured parts in, cut where marks and links begin and end. */
  private parts(into: HTMLElement, parts: ReturnType<typeof segments>, marks: Mark[], plain: string): void {
    const links = linksIn(plain);
    let at = 0;
    for (const { text, classes, ink, ground } of parts) {
      const length = Math.min(text.length, MOST_SHOWN - at);
      const within = (from: number, to: number, className: string) => ({
        from: from - at,
        to: to - at,
        className,
      });
      const edges = [
        ...marks.map((mark) => within(mark.from, mark.to, mark.className)),
        ...links.map((link, index) => within(link.from, link.to, `address-${index}`)),
      ];
      for (const piece of piecesOf(length, edges)) {
        const link = links[Number(/address-(\d+)/.exec(piece.classes)?.[1] ?? Number.NaN)];
        const names = `${classes} ${piece.classes.replace(/address-\d+/, "")}`.trim();
        const words = text.slice(piece.from, piece.to);
        const element = link ? this.link(words, link.href) : this.text("span", words);
        if (names) element.className = names;
        if (ink) element.style.setProperty("--exact-ink", `rgb(${ink})`);
        if (ground) element.style.setProperty("--exact-ground", `rgb(${ground})`);
        into.append(element);
      }
      at += text.length;
    }
  }

  private link(words: string, href: string): HTMLElement {
    const link = this.text("a", words) as HTMLAnchorElement;
    link.href = href;
    link.target = "_blank";
    link.rel = "noopener noreferrer";
    return link;
  }

  private button(act: string, words: string): HTMLElement {
    const button = this.text("button", words) as HTMLButtonElement;
    button.type = "button";
    button.className = "act";
    button.dataset.act = act;
    return button;
  }

  private text(tag: string, words: string, className = ""): HTMLElement {
    const element = this.span(tag, className);
    element.textContent = words;
    return element;
  }

  private span(tag: string, className: string): HTMLElement {
    const element = this.document.createElement(tag);
    if (className) element.className = className;
    return element;
  }
}

function foldFacts({ kind, lines, beganAt, endedAt }: Fold): string {
  const count = `${lines.toLocaleString("en")} ${lines === 1 ? "line" : "lines"}`;
  if (kind === "trace") return count;
  return `${count} · ${endedAt === null ? "running" : duration(endedAt - beganAt)}`;
}

/** A span of time in a few characters. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`;
  const seconds = ms / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.floor(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** A line's time as the reader wants it. */
export function timeText(at: number, way: Look["times"], now: number): string {
  if (way === "relative") return `${now >= at ? "−" : "+"}${duration(Math.abs(now - at))}`;
  if (way === "utc") return `${new Date(at).toISOString().slice(11, 23)}Z`;
  const date = new Date(at);
  return `${timeOfDay(at)}.${String(date.getMilliseconds()).padStart(3, "0")}`;
}
