// What this login may do: what it may not is left out of the page.

import type { Login } from "../wire/types";

const ROLES = ["viewer", "operator", "admin"];

/** Whether somebody with `role` may do what `needed` is needed for. */
export function allows(role: string, needed: "viewer" | "operator" | "admin"): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed);
}

/** Whether there may be streams that somebody does not see: what the hub tells of itself then means others too. */
export function isBound(login: Login | null | "asking"): boolean {
  return login !== null && login !== "asking" && login.bound;
}

export function may(login: Login | null | "asking", needed: "viewer" | "operator" | "admin"): boolean {
  return login !== null && login !== "asking" && allows(login.role, needed);
}
