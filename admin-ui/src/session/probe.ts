// Why a WebSocket did not come to be: a browser tells its page nothing of that, a plain request does.

import { hubWords } from "./backoff";

export interface Refusal {
  /** What is wrong, for people; null where nothing is. */
  reason: string | null;
  /** The hub's own word, in ms. */
  retryAfter?: number;
  /** The hub does not know this browser any more. */
  loggedOut?: boolean;
}

const PATIENCE_MS = 5000;

export type Ask = (path: string, init: RequestInit) => Promise<Response>;

/** Asks the hub over plain HTTP. `online`: whether the machine has a network at all. */
export async function probe(ask: Ask, online: () => boolean): Promise<Refusal> {
  let answer: Response;
  try {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    answer = await ask("login", { credentials: "same-origin", cache: "no-store", signal });
  } catch {
    return {
      reason: online()
        ? "The hub cannot be reached: it is down, or the network is"
        : "This machine is offline",
    };
  }
  if (answer.ok) return { reason: null };
  const { code, text } = (await answer.json().catch(() => ({}))) as { code?: string; text?: string };
  // Not the hub's own answer, but of something before it.
  if (code === undefined) return { reason: `Something between here and the hub answers ${answer.status}` };
  const refusal: Refusal = { reason: hubWords(code, text ?? "") };
  if (answer.status === 401) refusal.loggedOut = true;
  const seconds = Number(answer.headers.get("Retry-After") ?? Number.NaN);
  if (Number.isFinite(seconds)) refusal.retryAfter = 1000 * seconds;
  return refusal;
}
