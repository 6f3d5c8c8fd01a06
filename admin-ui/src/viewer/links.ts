// Addresses in a line: only http and https, and without the punctuation that a sentence puts behind them.

export interface Link {
  from: number;
  to: number;
  href: string;
}

const ADDRESS = /\bhttps?:\/\/[^\s<>"'`\\^{}|\u2400-\u2421]+/g;
const TRAILING = /[.,;:!?]+$/;
const MOST_LINKS = 50;

export function linksIn(text: string): Link[] {
  if (!text.includes("://")) return [];
  const links: Link[] = [];
  for (const found of text.matchAll(ADDRESS)) {
    let address = found[0].replace(TRAILING, "");
    // A bracket belongs to the address only if it was opened there.
    while (/[)\]]$/.test(address) && count(address, "([") < count(address, ")]"))
      address = address.slice(0, -1);
    if (!URL.canParse(address)) continue;
    links.push({ from: found.index, to: found.index + address.length, href: address });
    if (links.length === MOST_LINKS) break;
  }
  return links;
}

function count(text: string, characters: string): number {
  return [...text].filter((each) => characters.includes(each)).length;
}
