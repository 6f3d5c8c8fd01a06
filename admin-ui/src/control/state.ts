// The page's leases, and its commands by stream: kept while the page is open, whatever it shows.

import { effect, signal } from "@preact/signals";
import { putKept } from "../session/kept-session";
import { connection, hearers, status, who } from "../session/page-state";
import { may } from "../session/rights";
import { Commanding } from "./commanding";
import { Leases, leaseOf } from "./leases";

/** Grows when something of this changed; views read it then. */
export const changes = signal(0);
const changed = () => {
  changes.value += 1;
};

export const leases = new Leases(
  {
    call: (method, params, watch) => connection.call(method, params, watch),
    session: () => connection.session,
    now: Date.now,
  },
  changed,
);

const commandings = new Map<string, Commanding>();

/** The commands to one stream. */
export function commandingOf(stream: string): Commanding {
  const known = commandings.get(stream);
  if (known) return known;
  const made = new Commanding(
    (command, args, timeout_s) => ask(stream, command, args, newIdem(), timeout_s),
    Date.now,
    changed,
  );
  commandings.set(stream, made);
  return made;
}

/** Sends a command, under the lease where this page has it. */
export function ask(
  stream: string,
  command: string,
  args: Record<string, unknown>,
  idem: string,
  timeout_s = 10,
): Promise<{ reply: unknown }> {
  const row = leases.get(leaseOf(stream));
  const fence = row && leases.isMine(row) ? { fence: row.fence } : {};
  return connection.call("stream.command", { stream, command, args, idem, timeout_s, ...fence });
}

export function newIdem(): string {
  return crypto.getRandomValues(new Uint32Array(4)).join("-");
}

let begun = false;

/** Begins to keep them; to be called once. */
export function begin(): void {
  if (begun) return;
  begun = true;
  hearers.add((event) => leases.event(event));
  connection.keeps = () => leases.keeps;
  addEventListener("pagehide", () => putKept(sessionStorage, connection.sessionToKeep));
  effect(() => {
    // After the page subscribed to events, which it does once it is told that the connection is live.
    if (status.value.kind === "live" && may(who.value, "operator")) queueMicrotask(() => leases.load());
  });
}
