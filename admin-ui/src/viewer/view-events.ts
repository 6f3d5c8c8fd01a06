// What a view of text tells of what its reader does.

import type { Note, TextLine } from "./rows";
import type { Move } from "./scrolling";

export interface ViewEvents {
  /** The reader scrolled, and nobody else. */
  scrolled(move: Move): void;
  /** The first row held, or the last one, is near. */
  wantsOlder(): void;
  wantsNewer(): void;
  /** Somebody marks text with the pointer or the keyboard. */
  selects(): void;
  /** Which offsets are in sight. */
  sees(first: number, last: number): void;
  /** Somebody wants a gap's bytes, or a link to a line. */
  fetch(gap: Note): void;
  link(row: TextLine, extend: boolean): void;
}
