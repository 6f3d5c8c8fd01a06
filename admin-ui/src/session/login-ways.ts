// By which ways one may log in here: the hub says whether it has people with passwords.

/** What `/.well-known/hub` says of logging in. */
export interface Ways {
  passwords: boolean;
}

/** What the hub says; a token always works, so that an answer that fails takes nothing away. */
export async function loginWays(get: (path: string) => Promise<Response> = fetch): Promise<Ways> {
  try {
    const answer = await get("/.well-known/hub");
    const told = (await answer.json()) as { passwords?: unknown };
    return { passwords: told.passwords === true };
  } catch {
    return { passwords: false };
  }
}
