// Made by scripts/page_types.py from the hub's own types: change those, and run it (`make types`).

export type StreamState = "live" | "detached" | "ended";

export type Via = "tcp" | "websocket" | "http";

export type SessionKind = "client" | "producer";

/** A stream, as `stream.list` and the `streams` topic show it; `errors` as far as somebody looked for them. */
export interface StreamRow {
  stream: string;
  state: StreamState;
  epoch: number;
  start: number;
  end: number;
  run: number;
  lines: number;
  bytes: number;
  errors: number | null;
  lines_per_s: number;
  first_at: number | null;
  last_at: number | null;
  status: string | null;
  meta: Record<string, unknown>;
  watchers: number;
}

/** The answer of `stream.list`. */
export interface StreamPage {
  streams: StreamRow[];
  next: string | null;
  truncated?: boolean;
}

/** A run of a stream; `end`, `ended_at` and so on are null while it goes on. */
export interface RunRow {
  run: number;
  start: number;
  end: number | null;
  began_at: number;
  ended_at: number | null;
  status: string | null;
  cause: string | null;
  lines: number;
  bytes: number;
  meta: Record<string, unknown>;
}

/** The answer of `stream.runs`; `dropped` older ones are not known any more. */
export interface RunsAnswer {
  stream: string;
  epoch: number;
  runs: RunRow[];
  dropped: number;
}

/** The answer of `stream.stats` for one run. */
export interface RunStats {
  run: number;
  start: number;
  end: number | null;
  began_at: number;
  ended_at: number | null;
  status: string | null;
  cause: string | null;
  lines: number;
  bytes: number;
  meta: Record<string, unknown>;
  stream: string;
}

/** Rates, by the seconds of their window. */
export interface Rates {
  lines_per_s: Record<string, number>;
  bytes_per_s: Record<string, number>;
}

/** A number that lines tell by a name, over all lines that were looked at. */
export interface FieldRow {
  count: number;
  last: number;
  min: number;
  max: number;
  mean: number;
}

/** What was found inside lines, of the part `sampled` of the stream's bytes, 1 being all. The length of lines as `{p50, p90, p99, max}`, lines by level, and numbers by name. */
export interface Findings {
  sampled?: number;
  line_bytes?: Record<string, number>;
  levels?: Record<string, number>;
  fields?: Record<string, FieldRow>;
}

/** What the hub itself counts of a stream, and the commands that its producer takes, while one is connected. */
export interface StreamCounts {
  lines_per_s: Record<string, number>;
  bytes_per_s: Record<string, number>;
  stream: string;
  state: StreamState;
  runs: number;
  lines: number;
  bytes: number;
  gap_bytes: number;
  kept_bytes: number;
  first_at: number | null;
  last_at: number | null;
  silent_ms: number | null;
  watchers: number;
  commands: string[];
}

/** The answer of `stream.stats`; without findings where nobody looks inside lines. */
export interface StreamStats {
  lines_per_s: Record<string, number>;
  bytes_per_s: Record<string, number>;
  stream: string;
  state: StreamState;
  runs: number;
  lines: number;
  bytes: number;
  gap_bytes: number;
  kept_bytes: number;
  first_at: number | null;
  last_at: number | null;
  silent_ms: number | null;
  watchers: number;
  commands: string[];
  sampled?: number;
  line_bytes?: Record<string, number>;
  levels?: Record<string, number>;
  fields?: Record<string, FieldRow>;
}

/** Readers that catch up: how many wait, and what they were given. */
export interface CatchupRow {
  waiting: number;
  slices: number;
  bytes: number;
}

/** The store: what an acknowledgement promises, what is not durable yet, and what is wrong. */
export interface StoreRow {
  durability: string;
  waiting_bytes: number;
  problem: string | null;
}

/** Who comes in: hellos let in, those told when to come that have not come yet, and what was turned away. */
export interface AdmissionRow {
  admitted: number;
  waiting: number;
  handshakes: number;
  connections_refused: number;
  handshakes_refused: number;
  waiting_at: Record<string, number>;
}

/** The answer of `hub.stats`, and the `stats` topic each second. */
export interface HubStats {
  uptime_s: number;
  streams: number;
  live: number;
  producers: number;
  readers: number;
  watching: number;
  sessions: number;
  connections: number;
  lines: number;
  bytes: number;
  lines_per_s: number;
  bytes_per_s: number;
  delivered_bytes: number;
  gap_bytes: number;
  queued_bytes: number;
  tail_bytes: number;
  busy: number;
  slots_honoured: number;
  slots_missed: number;
  refused: number;
  unknown_verbs: number;
  http_on_plain: number;
  tls_on_plain: number;
  truncations: number;
  takeovers: number;
  slow: number;
  idle: number;
  failures: number;
  queues_emptied: number;
  analyzer_ends: number;
  problems: Record<string, number>;
  admission: AdmissionRow;
  catchup: CatchupRow;
  store: StoreRow;
}

/** A line; `cut` where its text is not whole, `partial` without an end, `rest` without its beginning. */
export interface LineRow {
  line: number;
  offset: number;
  at: number;
  ch?: string;
  text: string;
  bytes: number;
  cut?: boolean;
  partial?: boolean;
  rest?: boolean;
}

/** Bytes that are missing. */
export interface GapRow {
  gap: [number, number];
  reason: string;
}

/** The answer of `stream.lines`; `next` is the epoch and offset where more begins. */
export interface LinesAnswer {
  lines: LineRow[];
  gaps: GapRow[];
  next: [number, number];
  truncate?: number;
  truncated?: boolean;
}

/** A line that was found. */
export interface HitRow {
  stream: string;
  epoch: number;
  offset: number;
  line: number;
  at: number;
  text: string;
  bytes: number;
  cut?: boolean;
}

/** The answer of `stream.search`; `next` is null when nothing is left to search. */
export interface SearchAnswer {
  hits: HitRow[];
  next: string | null;
  scanned_bytes: number;
  truncated?: boolean;
}

/** Who watches: a session, or a request that follows a stream. `streams` and what is behind are of what one may see. `via` is null while it is detached. `watches` are the patterns, or for somebody bound to patterns the streams. `behind_bytes` and `behind_lines` are null where they are not known: the lines of what is not in memory any more. */
export interface WatcherRow {
  session: string | null;
  principal: string;
  via: Via | null;
  attached: boolean;
  since: number;
  watches: string[];
  streams: number;
  catching_up: number;
  behind_bytes: number | null;
  behind_lines: number | null;
}

/** The answer of `presence.list`: those farthest behind first; `total` counts what did not fit as well. Of them `watching` are given a stream, `away` are sessions that nobody is attached to. `next` goes on from there as those are now who come after it: who overtakes another between two answers may be in both, or in none. */
export interface PresenceAnswer {
  watchers: WatcherRow[];
  next: string | null;
  total: number;
  watching: number;
  away: number;
  truncated?: boolean;
}

/** A session: of a client, with its slots, or of a framed producer, with its stream. `peer` and `via` are of the connection, null while it is detached. */
export interface SessionRow {
  session: string;
  kind: SessionKind;
  principal: string;
  role: string;
  attached: boolean;
  slots: string[];
  peer: string | null;
  via: Via | null;
  since: number;
  detached_at: number | null;
  stream: string | null;
  subscriptions: number;
}

/** The answer of `session.list`, newest first; `total` counts what did not fit as well. */
export interface SessionsAnswer {
  sessions: SessionRow[];
  next: string | null;
  total: number;
  truncated?: boolean;
}

/** Who waits for a lease. */
export interface LeaseWaiterRow {
  session: string;
  principal: string;
}

/** A lease that is held; `waiters` wait for this name, not for a pool, and `queue` has the first in their order. */
export interface LeaseRow {
  name: string;
  stream: string | null;
  session: string;
  principal: string;
  fence: number;
  ttl_s: number;
  since: number;
  expires_at: number;
  waiters: number;
  queue: LeaseWaiterRow[];
}

/** The answer of `lease.list`, by name; `waiters` counts all who wait, those of a pool as well. `next` goes on after what this answer had room for, `total` counts all of it. */
export interface LeasesAnswer {
  leases: LeaseRow[];
  next: string | null;
  waiters: number;
  total: number;
  truncated?: boolean;
}

/** The answer of `lease.acquire`, `renew`, `steal` and `hand_over`. */
export interface LeaseAnswer {
  name: string;
  stream: string | null;
  session: string;
  fence: number;
  expires_at: number;
}

/** The answer of `stream.command`: what the producer replied, as JSON where it is JSON, else as text. */
export interface CommandAnswer {
  stream: string;
  command: string;
  reply: unknown;
}

/** A mark: somebody's words at a place of a stream. */
export interface MarkRow {
  epoch: number;
  offset: number;
  at: number;
  by: string;
  text: string;
}

/** The answer of `stream.marks`, oldest first. */
export interface MarksAnswer {
  stream: string;
  marks: MarkRow[];
}

/** The answer of `session.kick`: what was ended. */
export interface KickAnswer {
  session: string;
  kind: SessionKind;
  principal: string;
  stream: string | null;
}

/** The answer of `stream.series`: `values[i]` is of the time from `since + i * step_ms` on, up to the next step. `until` is how far it was asked for: the last step may go past it, and come to more. `total`, of lines and bytes, is what the stream had counted in all by then, what is not kept included: so the series can be gone on with by the stream's rows. A field that lines tell has means as values, null where there was none, with the least and the most. */
export interface SeriesAnswer {
  stream: string;
  field: string;
  since: number;
  step_ms: number;
  until: number;
  total?: number;
  values: number[] | (number | null)[];
  low?: (number | null)[];
  high?: (number | null)[];
}

/** A user. */
export interface UserRow {
  user: string;
  role: string;
  patterns: string[];
  password: boolean;
  changed_at: number;
}

/** A token or a guest link; `token` is its public id. */
export interface TokenRow {
  token: string;
  kind: string;
  role: string;
  patterns: string[];
  principal: string;
  user: boolean;
  expires_at: number | null;
  created_at: number;
  created_by: string;
  note: string;
}

/** A deed. */
export interface AuditRow {
  seq: number;
  at: number;
  principal: string;
  peer: string;
  action: string;
  target: string;
  outcome: string;
  detail: string;
}

/** A token with its secret, which is told this once. */
export interface NewToken {
  token: string;
  kind: string;
  role: string;
  patterns: string[];
  principal: string;
  user: boolean;
  expires_at: number | null;
  created_at: number;
  created_by: string;
  note: string;
  secret: string;
}

/** The answer of `user.list`. */
export interface UsersAnswer {
  users: UserRow[];
  next: string | null;
}

/** The answer of `token.list`. */
export interface TokensAnswer {
  tokens: TokenRow[];
  next: string | null;
}

/** The answer of `audit.list`. */
export interface AuditAnswer {
  entries: AuditRow[];
  next: number | null;
}

/** What a browser that is logged in is told; `csrf` is the header token of what writes. `bound` says that not all streams may be seen: what is told of the whole hub does not fit what is listed. */
export interface Login {
  principal: string;
  role: string;
  csrf: string;
  bound: boolean;
}

/** `hub.hello`; the credentials depend on the transport: a cookie may stand for the token. */
export interface HelloParams {
  protocol: string;
  token?: string | null;
  user?: string | null;
  password?: string | null;
  session?: string | null;
  window?: number | null;
  slot?: string | null;
}

/** No parameters. */
export type NothingParams = Record<string, never>;

/** `hub.subscribe`: topics such as `stats`, `streams`, `stream.*`; `pattern` bounds rows and stream events. */
export interface SubscribeParams {
  topics: string[];
  pattern?: string;
}

/** `stream.list`; `meta` matches runs that have all the given values, `after` is a former answer's `next`. */
export interface StreamListParams {
  pattern?: string;
  state?: StreamState | null;
  meta?: Record<string, unknown>;
  sort?: "newest" | "name" | "lines" | "bytes";
  limit?: number;
  after?: string | null;
}

/** `stream.runs`. */
export interface OneStreamParams {
  stream: string;
}

/** `stream.stats`. */
export interface StreamStatsParams {
  stream: string;
  run?: number | null;
}

/** `stream.read`. */
export interface StreamReadParams {
  stream: string;
  offset: number;
  max: number;
  epoch?: number | null;
}

/** `stream.lines`; `from` is an offset, `{line}`, `{at}`, `"start"` or `"end"`; `before` counts backwards. */
export interface StreamLinesParams {
  stream: string;
  from: number | { line: number } | { at: number } | "start" | "end";
  count?: number;
  before?: boolean;
  epoch?: number | null;
}

/** `stream.delete`; `force` where a writer holds it. */
export interface StreamDeleteParams {
  idem?: string | null;
  stream: string;
  force?: boolean;
}

/** `stream.series`; `from` and `to` are times in ms: by default all that is kept, up to now or the stream's end. */
export interface StreamSeriesParams {
  stream: string;
  field: string;
  from?: number | null;
  to?: number | null;
  points?: number;
}

/** `stream.search`; `from` and `to` are times in ms, `after` is a former answer's `next`. */
export interface StreamSearchParams {
  query: string;
  pattern?: string;
  regex?: boolean;
  case?: boolean;
  invert?: boolean;
  newest?: boolean;
  limit?: number;
  from?: number | null;
  to?: number | null;
  after?: string | null;
}

/** `stream.command`; `args` are the producer's to understand, `fence` is that of the stream's lease. */
export interface StreamCommandParams {
  idem?: string | null;
  stream: string;
  command: string;
  args?: Record<string, unknown>;
  fence?: number | null;
  timeout_s?: number;
}

/** `stream.mark`; without `offset` at the stream's end. */
export interface StreamMarkParams {
  idem?: string | null;
  stream: string;
  text: string;
  offset?: number | null;
}

/** `stream.marks`. */
export interface StreamMarksParams {
  stream: string;
}

/** `presence.list`; without `stream` of all streams. `after` is a former answer's `next`. */
export interface PresenceListParams {
  stream?: string | null;
  limit?: number;
  after?: string | null;
}

/** `session.list`; `after` is a former answer's `next`. */
export interface SessionListParams {
  limit?: number;
  after?: string | null;
}

/** `session.kick`; `session` is a public id, `reason` is told to whom it was. */
export interface SessionKickParams {
  idem?: string | null;
  session: string;
  reason?: string;
}

/** `user.set`; without a password the one that they have stays. No patterns: all streams. */
export interface UserSetParams {
  idem?: string | null;
  user: string;
  role: "viewer" | "operator" | "admin";
  password?: string | null;
  patterns?: string[];
}

/** `user.list`. */
export interface UserListParams {
  limit?: number;
  after?: string | null;
}

/** `user.remove`. */
export interface UserRemoveParams {
  idem?: string | null;
  user: string;
}

/** `token.create`; `principal` is whose it is: a user, or a name of its own that streams will belong to. */
export interface TokenCreateParams {
  idem?: string | null;
  kind: "producer" | "admin";
  role?: "viewer" | "operator" | "admin" | null;
  patterns?: string[];
  principal?: string | null;
  expires_at?: number | null;
  note?: string;
}

/** `token.list`; `after` is a former answer's `next`. */
export interface TokenListParams {
  limit?: number;
  after?: string | null;
}

/** `token.revoke`; `token` is a public id. */
export interface TokenRevokeParams {
  idem?: string | null;
  token: string;
}

/** `guest.create`: a link to one stream for whoever has it. */
export interface GuestCreateParams {
  idem?: string | null;
  stream: string;
  expires_at: number;
  note?: string;
}

/** `login.begin`: a token for oneself, after saying user and password. */
export interface LoginBeginParams {
  idem?: string | null;
  expires_at: number;
  note?: string;
}

/** `login.end`: the token that one came in with ends. */
export interface LoginEndParams {
  idem?: string | null;
}

/** `audit.list`, newest first; `action` may end in `*`, `before` is a former answer's `next`. */
export interface AuditListParams {
  limit?: number;
  before?: number | null;
  principal?: string | null;
  action?: string | null;
  target?: string | null;
  since?: number | null;
}

/** `lease.acquire`: `name`, or `any_of` some names or the live streams of a pattern; `wait_s` 0 does not wait. */
export interface LeaseAcquireParams {
  idem?: string | null;
  ttl_s: number;
  name?: string | null;
  any_of?: string[] | string | null;
  wait_s?: number;
}

/** `lease.renew`; `ttl_s` where it is to be another one from now on. */
export interface LeaseRenewParams {
  idem?: string | null;
  name: string;
  fence: number;
  ttl_s?: number | null;
}

/** `lease.release`. */
export interface LeaseReleaseParams {
  idem?: string | null;
  name: string;
  fence: number;
}

/** `lease.hand_over`; `session` is a public id. */
export interface LeaseHandOverParams {
  idem?: string | null;
  name: string;
  fence: number;
  session: string;
}

/** `lease.steal`; `reason` is told to the loser, `ttl_s` is the loser's where none is given. */
export interface LeaseStealParams {
  idem?: string | null;
  name: string;
  reason: string;
  ttl_s?: number | null;
}

/** `lease.list`; `after` is a former answer's `next`. */
export interface LeaseListParams {
  limit?: number;
  after?: string | null;
}

/** Each method: its parameters and its answer. */
export interface Methods {
  "hub.hello": { params: HelloParams; answer: unknown };
  "hub.info": { params: NothingParams; answer: Record<string, unknown> };
  "hub.stats": { params: NothingParams; answer: HubStats };
  "hub.subscribe": { params: SubscribeParams; answer: Record<string, unknown> };
  "hub.bye": { params: NothingParams; answer: Record<string, unknown> };
  "stream.list": { params: StreamListParams; answer: StreamPage };
  "stream.runs": { params: OneStreamParams; answer: RunsAnswer };
  "stream.stats": { params: StreamStatsParams; answer: StreamStats | RunStats };
  "stream.read": { params: StreamReadParams; answer: Record<string, unknown> };
  "stream.lines": { params: StreamLinesParams; answer: LinesAnswer };
  "stream.delete": { params: StreamDeleteParams; answer: Record<string, unknown> };
  "stream.series": { params: StreamSeriesParams; answer: SeriesAnswer };
  "stream.search": { params: StreamSearchParams; answer: SearchAnswer };
  "stream.command": { params: StreamCommandParams; answer: CommandAnswer };
  "stream.mark": { params: StreamMarkParams; answer: MarkRow };
  "stream.marks": { params: StreamMarksParams; answer: MarksAnswer };
  "presence.list": { params: PresenceListParams; answer: PresenceAnswer };
  "session.list": { params: SessionListParams; answer: SessionsAnswer };
  "session.kick": { params: SessionKickParams; answer: KickAnswer };
  "user.set": { params: UserSetParams; answer: UserRow };
  "user.list": { params: UserListParams; answer: UsersAnswer };
  "user.remove": { params: UserRemoveParams; answer: Record<string, unknown> };
  "token.create": { params: TokenCreateParams; answer: NewToken };
  "token.list": { params: TokenListParams; answer: TokensAnswer };
  "token.revoke": { params: TokenRevokeParams; answer: TokenRow };
  "guest.create": { params: GuestCreateParams; answer: NewToken };
  "login.begin": { params: LoginBeginParams; answer: NewToken };
  "login.end": { params: LoginEndParams; answer: Record<string, unknown> };
  "audit.list": { params: AuditListParams; answer: AuditAnswer };
  "lease.acquire": { params: LeaseAcquireParams; answer: LeaseAnswer };
  "lease.renew": { params: LeaseRenewParams; answer: LeaseAnswer };
  "lease.release": { params: LeaseReleaseParams; answer: Record<string, string> };
  "lease.hand_over": { params: LeaseHandOverParams; answer: LeaseAnswer };
  "lease.steal": { params: LeaseStealParams; answer: LeaseAnswer };
  "lease.list": { params: LeaseListParams; answer: LeasesAnswer };
}

/** What the hub tells those who subscribed; the other fields depend on the topic. */
export type HubEvent = { topic: string; seq: number } & Record<string, unknown>;
