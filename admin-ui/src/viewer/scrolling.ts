// Whose scroll it is: a browser tells the same, and some time later, of a reader's, of the page's own, and of what a
// change of the layout brings about. So every scroll of the page goes through here, and leaves where it led to.

/** A box that scrolls, as far as that goes. */
export type ScrolledBox = Pick<HTMLElement, "scrollTop" | "scrollHeight" | "clientHeight" | "clientWidth">;

/** What a reader did. */
export interface Move {
  /** Up, and away from the end. */
  left: boolean;
  /** Down, and to the end or as good as there. */
  arrived: boolean;
}

/** Screens whose pixels are not those of the page round. */
const ROUNDING = 1;
/** A banner above that grows and shrinks again may move a text that is at its end by so much, and nobody meant it. */
const UNMEANT = 100;
/** What a reader's hand does moves the text within so much time. */
const HAND_MS = 1000;

/** What a hand on the box does first. */
export const HANDS = ["wheel", "touchmove", "keydown", "pointerdown"] as const;
const KEYS_UP = ["ArrowUp", "PageUp", "Home", "Tab"];

/** Whether this may move the text up. A click into it does not, nor does who turns the wheel on at the end. */
export function isHandUp(event: Event, box: Pick<HTMLElement, "clientWidth">): boolean {
  if (event.type === "wheel") return (event as WheelEvent).deltaY < 0;
  if (event.type === "keydown") {
    const { key, shiftKey } = event as KeyboardEvent;
    return KEYS_UP.includes(key) || (key === " " && shiftKey);
  }
  if (event.type === "pointerdown") {
    const { button, offsetX } = event as PointerEvent;
    const target: unknown = event.target;
    // The middle button scrolls by moving; beside the text is the scrollbar.
    return button === 1 || (target === box && offsetX >= box.clientWidth);
  }
  return true;
}

export class Scroller {
  /** Where the page left the box, or was told that the reader did, and how large the box was. */
  private top = 0;
  private height = 0;
  private width = 0;
  /** The height of all its text, and what that was when it was drawn before: who scrolls may have come to that end. */
  private text = 0;
  private textBefore = 0;
  /** What the reader did just before the page scrolled, too, and was not told yet. */
  private pending: Move | null = null;
  private touchedAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly box: ScrolledBox,
    /** So near the end is there, for who comes down. */
    private readonly near: number,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** A hand is on the box, and may move the text up: even a small such move is meant. */
  readonly touched = (event: Event): void => {
    if (isHandUp(event, this.box)) this.touchedAt = this.now();
  };

  /** Scrolls for the page: the event that comes of it is nobody's wish. */
  to(top: number): void {
    const move = this.look();
    if (move?.left || move?.arrived) this.pending = move;
    this.box.scrollTop = top;
    this.top = this.box.scrollTop;
  }

  toEnd(): void {
    this.to(this.box.scrollHeight);
  }

  /** Takes note of what was drawn; a box that changed its size has moved its text without the reader. */
  settle(): void {
    const { clientHeight, clientWidth, scrollTop, scrollHeight } = this.box;
    this.textBefore = this.text;
    this.text = scrollHeight;
    if (clientHeight === this.height && clientWidth === this.width) return;
    this.height = clientHeight;
    this.width = clientWidth;
    this.top = scrollTop;
  }

  /** What the reader did, when a scroll is told; null where it was not he. */
  told(): Move | null {
    const move = this.look() ?? this.pending;
    this.pending = null;
    return move;
  }

  private look(): Move | null {
    const { scrollTop, scrollHeight, clientHeight, clientWidth } = this.box;
    const by = scrollTop - this.top;
    if (Math.abs(by) < ROUNDING) return null;
    this.top = scrollTop;
    if (clientHeight !== this.height || clientWidth !== this.width) return null;
    const bottom = scrollTop + clientHeight;
    const end = Math.min(scrollHeight, this.textBefore);
    const isMeant = by <= -UNMEANT || this.now() - this.touchedAt < HAND_MS;
    const left = by < 0 && isMeant && bottom < scrollHeight - ROUNDING;
    return { left, arrived: by > 0 && bottom >= end - this.near };
  }
}
