import type { StreamRow } from "../src/wire/types";

/** A stream's row, with what matters to the test. */
export const row = (stream: string, more: Partial<StreamRow> = {}): StreamRow => ({
  stream,
  state: "live",
  epoch: 1,
  start: 0,
  end: 0,
  run: 1,
  lines: 0,
  bytes: 0,
  errors: null,
  lines_per_s: 0,
  first_at: null,
  last_at: null,
  status: null,
  meta: {},
  watchers: 0,
  ...more,
});
