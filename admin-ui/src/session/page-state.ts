// What the page shows, as signals; and the one connection behind it.

import { signal } from "@preact/signals";
import { StreamList, type Sums } from "../streams/stream-list";
import type { HubEvent, HubStats, Login } from "../wire/types";
import { LIST, type Place, parsePlace, printPlace, withKeys } from "./address";
import { Connection, type Socket, type Status } from "./connection";
import * as login from "./login";
import { probe, type Refusal } from "./probe";

export const place = signal<Place>(LIST);
export const who = signal<Login | null | "asking">("asking");
export const loginProblem = signal("");
export const status = signal<Status>({ kind: "connecting" });
/** When the hub was last heard, while it is not reached; null while it is. */
export const asOf = signal<number | null>(null);
export const stats = signal<HubStats | null>(null);
/** What the listed streams do together: each person's own totals, of what they may see. */
export const sums = signal<Sums | null>(null);
export const now = signal(Date.now());
/** Grows when the list changed; views read `streams` then. */
export const version = signal(0);
export const totals = signal<number[]>([]);
export const streams = new StreamList();
/** Why the streams could not be listed; empty when they could. */
export const listProblem = signal("");

/** Who is told all events besides: the parts of the page whose code comes later. */
export const hearers = new Set<(event: HubEvent) => void>();

let scheduled = false;

/** Lets views read the list again, once a frame at most; by timer in a hidden tab. */
function touch(): void {
  if (scheduled) return;
  scheduled = true;
  let frame = 0;
  const apply = () => {
    clearTimeout(late);
    cancelAnimationFrame(frame);
    scheduled = false;
    version.value += 1;
  };
  // A page that is covered, or lies outside of what is scrolled to, may get no frames and not be hidden all the same.
  const late = setTimeout(apply, 500);
  if (!document.hidden) frame = requestAnimationFrame(apply);
}

export const connection = new Connection(
  {
    open: () => {
      const address = new URL("ws", location.href);
      address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
      address.hash = "";
      return new WebSocket(address, "hub.v1") as unknown as Socket;
    },
    random: Math.random,
    now: Date.now,
    later: (ms, call) => setTimeout(call, ms),
    probe: whyLost,
  },
  (changed) => {
    if (changed.kind === "live") asOf.value = null;
    else if (status.value.kind === "live") asOf.value = Date.now();
    status.value = changed;
    if (changed.kind === "refused" && changed.code === 4502) forget();
  },
  () => {
    connection
      .call("hub.subscribe", { topics: ["stats", "streams", "stream.*", "lease.*"], pattern: "**" })
      .then(list, report);
  },
  heard,
);

/** Lists all streams anew. */
export function list(): Promise<void> {
  listProblem.value = "";
  return streams
    .load((method, params) => connection.call(method, params))
    .then(touch)
    .catch((error: Error) => {
      // That the connection is gone is said by the banner.
      if (connection.status.kind === "live") listProblem.value = error.message;
    });
}

function heard(event: HubEvent): void {
  if (event.topic === "stats") {
    stats.value = event as unknown as HubStats;
    streams.tick();
    if (streams.isLoaded) {
      sums.value = streams.sum();
      totals.value = [...totals.value, sums.value.lines_per_s].slice(-60);
    }
  } else if (event.topic === "lost") {
    list();
  } else {
    streams.event(event);
  }
  for (const hear of hearers) hear(event);
  touch();
}

/** A refusal before the upgrade has no close code in a browser: a plain request tells whether the login still holds. */
async function whyLost(): Promise<Refusal> {
  const refusal = await probe(
    (path, init) => fetch(path, init),
    () => navigator.onLine,
  );
  if (refusal.loggedOut) forget();
  return refusal;
}

function forget(): void {
  who.value = null;
  loginProblem.value = "You are not logged in any more. `hub open` makes a new link.";
}

function report(error: Error): void {
  // The connection's own state tells what happened; this is for who looks at the console.
  console.warn(error.message);
}

/** Begins: logs in by code or cookie, and connects. */
export async function start(): Promise<void> {
  const code = login.takeCode(location, history);
  const go = () => {
    // A login link may be opened in a tab that has the page already.
    const later = login.takeCode(location, history);
    if (later) enter(() => login.withCode(later));
    place.value = parsePlace(location.hash);
  };
  addEventListener("hashchange", go);
  go();
  addEventListener("online", () => connection.lookedAt());
  document.addEventListener("visibilitychange", () => document.hidden || connection.lookedAt());
  setInterval(() => {
    now.value = Date.now();
  }, 1000);
  await enter(() => (code ? byCode(code) : login.withCookie()), !code);
}

/** A code that is used up does no harm where one is logged in already; else it is what is told of. */
function byCode(code: string): Promise<Login> {
  return login.withCode(code).catch((refused: Error) =>
    login.withCookie().catch(() => {
      throw refused;
    }),
  );
}

/** Logs in one way or the other; `quiet` says nothing when it fails, as when nobody tried yet. */
export async function enter(way: () => Promise<Login>, quiet = false): Promise<void> {
  try {
    who.value = await way();
    loginProblem.value = "";
    connection.connect();
  } catch (error) {
    who.value = null;
    loginProblem.value = quiet ? "" : (error as Error).message;
  }
}

export async function leave(): Promise<void> {
  const current = who.value;
  if (current && current !== "asking") await login.logOut(current.csrf).catch(report);
  location.reload();
}

/** Shows another place; going back leads here again. */
export function goTo(next: Place): void {
  location.hash = printPlace(next);
}

/** Changes keys of the place that is shown, without a step to go back by: for what changes while one types. */
export function setKeys(changed: Record<string, string>): void {
  changeKeys("replaceState", changed);
}

/** Changes keys of the place that is shown; going back leads here again. */
export function pushKeys(changed: Record<string, string>): void {
  changeKeys("pushState", changed);
}

function changeKeys(how: "replaceState" | "pushState", changed: Record<string, string>): void {
  const next = withKeys(place.value, changed);
  if (printPlace(next) === printPlace(place.value)) return;
  history[how](null, "", printPlace(next));
  place.value = next;
}
