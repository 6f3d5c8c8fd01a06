// What the hub answers, as far as the page reads it.

export type StreamState = "live" | "detached" | "ended";

export interface StreamRow {
  stream: string;
  state: StreamState;
  epoch: number;
  start: number;
  end: number;
  run: number;
  lines: number;
  bytes: number;
  lines_per_s: number;
  first_at: number | null;
  last_at: number | null;
  status: string | null;
  meta: Record<string, unknown>;
  watchers: number;
}

export interface StreamPage {
  streams: StreamRow[];
  next: string | null;
}

export interface HubStats {
  uptime_s: number;
  streams: number;
  live: number;
  readers: number;
  lines: number;
  bytes: number;
  lines_per_s: number;
  bytes_per_s: number;
  queued_bytes: number;
}

export interface LineRow {
  line: number;
  offset: number;
  at: number;
  text: string;
  bytes: number;
  cut?: boolean;
  partial?: boolean;
}

export interface LinesAnswer {
  lines: LineRow[];
  gaps: { gap: [number, number]; reason: string }[];
  truncate?: number;
  next: [number, number];
}

export interface Login {
  principal: string;
  role: string;
  csrf: string;
}

export type HubEvent = { topic: string; seq: number } & Record<string, unknown>;
