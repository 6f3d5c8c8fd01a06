// What a pane tells of itself.

import type { Row, TextLine } from "./rows";

export type Phase = "waiting" | "reading" | "live" | "ended";

export interface PaneState {
  /** Whether the end is kept in sight. */
  following: boolean;
  /** Lines that came since it is not. */
  missed: number;
  /** The rows held end before the stream does. */
  apart: boolean;
  phase: Phase;
  /** How the last run ended. */
  detail: string;
  /** What is being fetched, for people. */
  busy: string;
  /** What went wrong with a fetch. */
  problem: string;
}

export const FIRST_STATE: PaneState = {
  following: true,
  missed: 0,
  apart: false,
  phase: "waiting",
  detail: "",
  busy: "",
  problem: "",
};

export interface PaneEvents {
  changed(state: PaneState): void;
  /** Offsets of the rows in sight. */
  sees(first: number, last: number): void;
  /** Somebody asks for a link to a line, or to all lines up to it. */
  link(row: TextLine, extend: boolean): void;
  /** Rows that came live, as they are added. */
  fresh?(rows: Row[]): void;
}
