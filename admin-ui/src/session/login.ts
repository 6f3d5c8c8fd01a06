// Logging in and out: a one-use code from the address, a token from the form, or the cookie that is there already.

import type { Login } from "../wire/types";

export class LoginError extends Error {
  constructor(
    message: string,
    readonly status: number,
  ) {
    super(message);
  }
}

async function ask(method: string, path: string, body?: object, csrf?: string): Promise<Login> {
  const headers: Record<string, string> = {};
  if (body) headers["Content-Type"] = "application/json";
  if (csrf) headers["X-Hub-Csrf"] = csrf;
  const init: RequestInit = { method, headers, credentials: "same-origin" };
  if (body) init.body = JSON.stringify(body);
  const answer = await fetch(path, init);
  const value = (await answer.json().catch(() => ({}))) as Partial<Login> & { text?: string };
  if (!answer.ok) throw new LoginError(value.text ?? `the hub answered ${answer.status}`, answer.status);
  return value as Login;
}

/** Takes the code out of the address, so that it stays in no history, and goes where the link meant. */
export function takeCode(location: Location, history: History): string | null {
  const found = /^#code=([A-Za-z0-9_-]{16,64})(?:&to=(\/.*))?$/.exec(location.hash);
  if (found) history.replaceState(null, "", `${location.pathname}#${found[2] ?? "/"}`);
  return found?.[1] ?? null;
}

export const withCode = (code: string) => ask("POST", "login", { code });
/** The hub's words for a refusal are of links as well: who typed a token is told of tokens. */
export const withToken = (token: string) =>
  ask("POST", "login", { token }).catch((refused: unknown) => {
    if (!(refused instanceof LoginError) || refused.status !== 401) throw refused;
    throw new LoginError("This token is not valid: it may have ended, or be of another hub.", 401);
  });
export const withPassword = (user: string, password: string) => ask("POST", "login", { user, password });
export const withCookie = () => ask("GET", "login");
export const logOut = (csrf: string) => ask("POST", "logout", undefined, csrf);
