// The address holds all that the page shows: `#/` the list, `#/s/<name>[,<name>…]` streams, `#/search`, `#/people`, `#/leases`,
// each with the settings of its parts behind a `?`. Every part reads and writes keys of its own.

export type ViewName = "list" | "stream" | "search" | "people" | "leases";

export interface Place {
  view: ViewName;
  /** The streams that are shown, when the view is of streams. */
  names: string[];
  /** What the parts of the view have set, by key; never an empty string. */
  keys: Record<string, string>;
}

export const LIST: Place = { view: "list", names: [], keys: {} };

const WORDS: Record<string, ViewName> = { search: "search", people: "people", leases: "leases" };

export function parsePlace(hash: string): Place {
  const mark = hash.indexOf("?");
  const path = (mark < 0 ? hash : hash.slice(0, mark)).replace(/^#?\/?/, "");
  const keys: Record<string, string> = {};
  for (const part of mark < 0 ? [] : hash.slice(mark + 1).split("&")) {
    const [key, value] = cut(part, "=");
    if (key && value) keys[safeDecode(key)] = safeDecode(value.replaceAll("+", " "));
  }
  const [word, rest] = cut(path, "/");
  if (word === "s" && rest)
    return { view: "stream", names: rest.split(",").filter(Boolean).map(safeDecode), keys };
  return { view: WORDS[word] ?? "list", names: [], keys };
}

export function printPlace({ view, names, keys }: Place): string {
  const path = view === "stream" ? `s/${names.map(printName).join(",")}` : view === "list" ? "" : view;
  const query = Object.entries(keys)
    .filter(([, value]) => value !== "")
    .map(([key, value]) => `${encodeURIComponent(key)}=${printValue(value)}`);
  return `#/${path}${query.length ? `?${query.join("&")}` : ""}`;
}

/** The place of one stream, or of several in one view. */
export function streamPlace(names: string | string[], keys: Record<string, string> = {}): Place {
  return { view: "stream", names: typeof names === "string" ? [names] : names, keys };
}

/** The same place with some keys changed; an empty value takes its key away. */
export function withKeys(place: Place, changed: Record<string, string>): Place {
  const keys = { ...place.keys, ...changed };
  for (const [key, value] of Object.entries(keys)) if (value === "") delete keys[key];
  return { ...place, keys };
}

function printName(name: string): string {
  return name.split("/").map(encodeURIComponent).join("/");
}

// A colon or a slash is harmless in a fragment, and people read addresses.
function printValue(value: string): string {
  return encodeURIComponent(value).replaceAll("%3A", ":").replaceAll("%2F", "/").replaceAll("%20", "+");
}

function cut(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
