// The strip beside the text: the whole stream from its first kept byte to its end, what of it is in sight, and marks.

export interface OverviewMark {
  offset: number;
  /** A class: `hit`, `error`, `gap`, `run`, `failed`. */
  tone: string;
}

const MOST_MARKS = 400;

export class Overview {
  private start = 0;
  private end = 1;
  private first = 0;
  private last = 0;
  private marks: readonly OverviewMark[] = [];
  private readonly thumb: HTMLElement;
  private readonly shelf: HTMLElement;

  constructor(
    private readonly strip: HTMLElement,
    private readonly go: (offset: number) => void,
  ) {
    this.thumb = strip.ownerDocument.createElement("span");
    this.thumb.className = "overview-sight";
    this.shelf = strip.ownerDocument.createElement("span");
    this.shelf.className = "overview-marks";
    strip.replaceChildren(this.shelf, this.thumb);
    strip.addEventListener("click", this.clicked);
  }

  close(): void {
    this.strip.removeEventListener("click", this.clicked);
  }

  /** What the hub has of the stream. */
  setRange(start: number, end: number): void {
    if (start === this.start && end === this.end) return;
    this.start = start;
    this.end = Math.max(end, start + 1);
    this.draw();
    this.drawMarks();
  }

  setSight(first: number, last: number): void {
    this.first = first;
    this.last = last;
    this.end = Math.max(this.end, last);
    this.draw();
  }

  setMarks(marks: readonly OverviewMark[]): void {
    this.marks = marks;
    this.drawMarks();
  }

  private draw(): void {
    const top = this.share(this.first);
    this.thumb.style.top = `${100 * top}%`;
    this.thumb.style.height = `${100 * (this.share(this.last) - top)}%`;
  }

  private drawMarks(): void {
    const places = new Map<string, OverviewMark>();
    for (const mark of this.marks) {
      const place = `${mark.tone} ${Math.round(MOST_MARKS * this.share(mark.offset))}`;
      if (!places.has(place)) places.set(place, mark);
    }
    const elements = [...places.values()].map((mark) => {
      const element = this.strip.ownerDocument.createElement("i");
      element.className = mark.tone;
      element.style.top = `${100 * this.share(mark.offset)}%`;
      return element;
    });
    this.shelf.replaceChildren(...elements);
  }

  private share(offset: number): number {
    return Math.min(1, Math.max(0, (offset - this.start) / (this.end - this.start)));
  }

  private readonly clicked = (event: MouseEvent): void => {
    const box = this.strip.getBoundingClientRect();
    const share = Math.min(1, Math.max(0, (event.clientY - box.top) / box.height));
    this.go(Math.floor(this.start + share * (this.end - this.start)));
  };
}
