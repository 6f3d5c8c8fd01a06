// The page's one WebSocket: both languages of the hub, and coming back when it is lost.

import { type Frame, numberAt, parseFrame, printFrame } from "../wire/frame";
import { Rpc, type Watch } from "../wire/rpc";
import type { HubEvent, Methods } from "../wire/types";
import { backoff, type Closing, describeClose, mayRetry, retryAfter } from "./backoff";
import type { Refusal } from "./probe";
import { type Follower, SharedFollow } from "./shared-follow";

export type { Follower } from "./shared-follow";

export interface Lost {
  kind: "lost";
  reason: string;
  retryAt: number;
  /** The hub itself said when to come back. */
  asked: boolean;
}

export type Status =
  | { kind: "connecting"; after?: string }
  | { kind: "live" }
  | Lost
  | { kind: "refused"; reason: string; code: number };

export interface Socket {
  binaryType: BinaryType;
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: Closing) => void) | null;
  send(data: string | Uint8Array<ArrayBuffer>): void;
  close(): void;
}

export interface Surroundings {
  open(): Socket;
  random(): number;
  now(): number;
  later(ms: number, call: () => void): void;
  /** Finds out why a socket was lost; a browser does not say. */
  probe(): Promise<Refusal>;
}

/** What a session that goes on needs: the key that it is known by, and what it follows. */
export interface Kept {
  key: string;
  /** Subscriptions of the connection before: id, then the stream's name. */
  subscriptions: [string, string][];
}

// Statistics come each second: a hub that says nothing for so long is not reached any more.
const SILENCE_MS = 20_000;
/** DENIED and EXPIRED, as closes say them. */
const GONE = new Set([4503, 4504]);
const BEHIND_SOMETHING = 2;
const WINDOW = 2 * 1024 * 1024;
// GOAWAY comes before a stop of the hub; the close that follows says so, and the banner with it.
const CONCERN_NO_STREAM = new Set(["PONG", "GOAWAY"]);

/** What of `hub.hello` is used. */
interface Welcome {
  id?: string;
  session?: string;
}

export class Connection {
  status: Status = { kind: "connecting" };
  /** The public id of this page's own session. */
  session: string | null = null;
  /** Tells whether the session has something to come back for: else each connection begins a new one. */
  keeps: () => boolean = () => false;
  /** The session to go on with; null to begin a new one. */
  private kept: Kept | null = null;
  private key: string | null = null;
  private socket: Socket | null = null;
  private rpc: Rpc | null = null;
  private attempt = 0;
  private opened = false;
  private heardAt = 0;
  private lastId = 0;
  /** By the name of the stream. */
  private readonly follows = new Map<string, SharedFollow>();
  private readonly aliases = new Map<number, SharedFollow>();
  /** Streams whose frames are those of a subscription that is being left, by its id. */
  private readonly leaving = new Map<string, string>();
  private waiting: (() => void)[] = [];

  constructor(
    private readonly around: Surroundings,
    private readonly changed: (status: Status) => void,
    private readonly ready: () => void,
    private readonly event: (event: HubEvent) => void,
  ) {}

  /** What has to be told to `goOn`, perhaps by the same page loaded anew, so that the session goes on. */
  get sessionToKeep(): Kept | null {
    if (!this.key || !this.keeps()) return null;
    const shared = [...this.follows.values()].filter(({ id }) => id);
    const subscriptions = shared.map(({ id, name }): [string, string] => [id, name]);
    return { key: this.key, subscriptions: [...this.leaving, ...subscriptions] };
  }

  /** The next connection goes on with this session. */
  goOn(kept: Kept): void {
    this.kept = kept;
    for (const [id] of kept.subscriptions) this.lastId = Math.max(this.lastId, Number(id) || 0);
  }

  connect(): void {
    this.drop();
    const { status } = this;
    this.become(
      status.kind === "lost" ? { kind: "connecting", after: status.reason } : { kind: "connecting" },
    );
    const socket = this.around.open();
    this.socket = socket;
    this.heardAt = this.around.now();
    this.opened = false;
    this.watch(socket);
    socket.binaryType = "arraybuffer";
    const rpc = new Rpc(
      (text) => socket.send(text),
      (method, params) => method === "event" && this.event(params as HubEvent),
    );
    this.rpc = rpc;
    socket.onopen = () => {
      this.opened = true;
      const session = this.kept ? { session: this.kept.key } : {};
      rpc.call<Welcome>("hub.hello", { protocol: "HUB/1", window: WINDOW, ...session }).then(
        (told) => this.welcome(told),
        () => undefined, // the close that follows says why
      );
    };
    socket.onmessage = ({ data }) => {
      this.heardAt = this.around.now();
      if (typeof data === "string") rpc.received(data);
      else this.frame(parseFrame(new Uint8Array(data as ArrayBuffer)));
    };
    socket.onclose = (closing) => this.closed(closing);
  }

  call<M extends keyof Methods>(
    method: M,
    params: Methods[M]["params"],
    watch?: Watch,
  ): Promise<Methods[M]["answer"]>;
  call<T>(method: string, params?: Record<string, unknown>, watch?: Watch): Promise<T>;
  call<T>(method: string, params: Record<string, unknown> = {}, watch: Watch = {}): Promise<T> {
    if (!this.rpc) return Promise.reject(new Error("not connected"));
    return this.rpc.call<T>(method, params, watch);
  }

  /** Resolves once the hub has welcomed this page; at once while it is connected. */
  whenLive(): Promise<void> {
    if (this.status.kind === "live") return Promise.resolve();
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  /** Follows until the returned function is called; subscribes again after each reconnect. */
  follow(follower: Follower): () => void {
    const { name } = follower;
    const shared = this.follows.get(name) ?? new SharedFollow(name);
    this.follows.set(name, shared);
    // Who comes later may need what the others have got: the stream is asked for again.
    this.unsubscribe(shared);
    shared.members.add(follower);
    if (this.status.kind === "live") this.subscribe(shared);
    return () => {
      if (!shared.members.delete(follower) || shared.members.size) return;
      this.follows.delete(name);
      this.unsubscribe(shared);
    };
  }

  /** Tells the hub that all below `offset` was taken; it sends on. */
  acknowledge(alias: number, offset: number): void {
    if (this.status.kind === "live") this.socket?.send(printFrame("ACK", [alias, offset]));
  }

  retryNow(): void {
    if (this.status.kind === "lost" || this.status.kind === "refused") this.connect();
  }

  /** Somebody looks again, or the network came back: no need to wait, unless the hub asked for it. */
  lookedAt(): void {
    if (this.status.kind === "lost" && !this.status.asked) this.connect();
  }

  private welcome({ id, session }: Welcome): void {
    this.session = id ?? null;
    this.key = session ?? null;
    this.attempt = 0;
    this.become({ kind: "live" });
    // What the session followed begins anew below, under ids of this connection.
    for (const [old, name] of this.kept?.subscriptions ?? []) this.leave(old, name);
    this.kept = null;
    for (const shared of this.follows.values()) this.subscribe(shared);
    this.ready();
    const waiting = this.waiting;
    this.waiting = [];
    for (const resolve of waiting) resolve();
  }

  private subscribe(shared: SharedFollow): void {
    shared.id = String(++this.lastId);
    const { words, payload } = shared.subscription();
    this.socket?.send(printFrame("SUB", words, payload));
  }

  private unsubscribe(shared: SharedFollow): void {
    for (const [alias, each] of this.aliases) if (each === shared) this.aliases.delete(alias);
    if (this.status.kind === "live" && shared.id) this.leave(shared.id, shared.name);
  }

  private leave(id: string, name: string): void {
    this.leaving.set(id, name);
    this.socket?.send(printFrame("UNSUB", [id]));
  }

  private frame(frame: Frame): void {
    if (frame.verb === "PING") {
      this.socket?.send(printFrame("PONG", frame.args));
    } else if (this.status.kind !== "live") {
      // A session that goes on is sent what it followed before it is welcomed.
    } else if (frame.verb === "STREAM") {
      // The page follows literal names, one subscription each: the name finds who follows.
      const shared = this.follows.get(frame.args[1] ?? "");
      if (!shared || [...this.leaving.values()].includes(shared.name)) return;
      this.aliases.set(numberAt(frame, 0), shared);
      shared.frame(frame);
    } else if (frame.verb === "UNSUB") {
      this.leaving.delete(frame.args[0] ?? "");
    } else if (frame.verb === "ERR") {
      for (const shared of this.follows.values()) if (shared.id === frame.keys.id) shared.frame(frame);
    } else if (!CONCERN_NO_STREAM.has(frame.verb)) {
      this.aliases.get(numberAt(frame, 0))?.frame(frame);
    }
  }

  /** Gives up a socket that hears nothing: the browser itself may not notice for many minutes. */
  private watch(socket: Socket): void {
    this.around.later(SILENCE_MS / 4, () => {
      if (this.socket !== socket) return;
      if (this.around.now() - this.heardAt < SILENCE_MS) this.watch(socket);
      else this.closed({ code: 1006, reason: "" });
    });
  }

  /** Lets go of the socket; what it still says concerns nobody. */
  private drop(): void {
    const socket = this.socket;
    if (!socket) return;
    this.socket = null;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  private closed(closing: Closing): void {
    const wasLive = this.status.kind === "live";
    this.drop();
    if (wasLive) this.kept = this.sessionToKeep;
    this.aliases.clear();
    this.leaving.clear();
    for (const shared of this.follows.values()) shared.lost();
    const reason = describeClose(closing);
    this.rpc?.closed(reason);
    this.rpc = null;
    if (!wasLive && this.kept && GONE.has(closing.code)) {
      // The session that was to go on is over, not the login: a new one begins.
      this.kept = null;
      this.connect();
      return;
    }
    if (!mayRetry(closing.code)) {
      this.kept = null;
      this.become({ kind: "refused", reason, code: closing.code });
      return;
    }
    const wait = Math.max(backoff(this.attempt, this.around.random), retryAfter(closing.reason) ?? 0);
    this.attempt += 1;
    const lost = this.lose(reason, wait, retryAfter(closing.reason) !== null);
    if (!this.opened) this.findOut(lost);
  }

  private lose(reason: string, wait: number, asked: boolean): Lost {
    const lost: Lost = { kind: "lost", reason, retryAt: this.around.now() + wait, asked };
    this.become(lost);
    this.around.later(wait, () => this.status === lost && this.connect());
    return lost;
  }

  /** Says the true reason once it is known, and keeps to the hub's word of when to come back. */
  private findOut(lost: Lost): void {
    this.around.probe().then(({ reason, retryAfter: wait }) => {
      if (this.status !== lost) return;
      const left = Math.max(lost.retryAt - this.around.now(), wait ?? 0, 0);
      // A hub that has just come back answers, too: only one that goes on like this is behind something.
      if (reason !== null) this.lose(reason, left, wait !== undefined);
      else if (this.attempt > BEHIND_SOMETHING)
        this.lose("The hub answers, but something before it does not let its WebSocket through", left, false);
    });
  }

  private become(status: Status): void {
    this.status = status;
    this.changed(status);
  }
}
