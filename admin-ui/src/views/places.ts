import type { Place } from "../session/address";

/** The views besides the list and the streams, by the names that they have in the head and where one jumps. */
export const VIEWS: [string, Place][] = [
  ["Search", { view: "search", names: [], keys: {} }],
  ["People", { view: "people", names: [], keys: {} }],
  ["Leases", { view: "leases", names: [], keys: {} }],
];

/** What lies over the page. */
export type Opened = "help" | "jump" | "views" | null;
