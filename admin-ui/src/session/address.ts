// The address holds what the page shows: `#/` the list, `#/?q=words` filtered, `#/s/<name>` a stream.

export type Place = { view: "list"; filter: string } | { view: "stream"; name: string };

export function parsePlace(hash: string): Place {
  const stream = /^#\/s\/([^?]+)/.exec(hash);
  if (stream) return { view: "stream", name: safeDecode(stream[1] as string) };
  const query = /[?&]q=([^&]*)/.exec(hash);
  return { view: "list", filter: query ? safeDecode(query[1] as string) : "" };
}

export function printPlace(place: Place): string {
  if (place.view === "stream") return `#/s/${place.name.split("/").map(encodeURIComponent).join("/")}`;
  return place.filter ? `#/?q=${encodeURIComponent(place.filter)}` : "#/";
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
