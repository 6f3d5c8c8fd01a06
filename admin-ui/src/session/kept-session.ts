// A session that goes on in the same tab loaded anew. Its key lies in the tab's storage between the two only: a copy
// of the tab finds nothing there, else both would speak for one session.

import type { Kept } from "./connection";

const PLACE = "hub.session";

export function takeKept(storage: Storage): Kept | null {
  const text = storage.getItem(PLACE);
  storage.removeItem(PLACE);
  try {
    const kept = JSON.parse(text ?? "null") as Kept | null;
    return kept && typeof kept.key === "string" && Array.isArray(kept.subscriptions) ? kept : null;
  } catch {
    return null;
  }
}

export function putKept(storage: Storage, kept: Kept | null): void {
  if (kept) storage.setItem(PLACE, JSON.stringify(kept));
}
