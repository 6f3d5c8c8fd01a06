// How the text is shown: what a person chose, as one plain object.

import type { Times } from "../session/settings";

export interface Look {
  wrap: boolean;
  times: Times;
  numbers: boolean;
  /** JSON lines as their parts. */
  pretty: boolean;
  /** Groups and traces folded. */
  fold: boolean;
}

export const PLAIN_LOOK: Look = { wrap: false, times: "off", numbers: true, pretty: true, fold: true };
