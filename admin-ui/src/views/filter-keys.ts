// What the filter of a stream's lines has in the address.

import { setKeys } from "../session/page-state";

const FILTER_KEYS = ["has", "has.as", "not", "not.as", "level", "ch"];

export function clearFilter(): void {
  setKeys(Object.fromEntries(FILTER_KEYS.map((key) => [key, ""])));
}
