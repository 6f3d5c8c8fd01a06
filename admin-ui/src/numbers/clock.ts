// Times as short as what they are told beside allows.

const DAY = 86_400_000;
const second = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const minute = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });

/** The reader's time, fit for a chart of so many ms. */
export function clockFor(span: number): (at: number) => string {
  if (span < 10 * 60_000) return (at) => second.format(at);
  if (span < DAY) return (at) => minute.format(at);
  if (span < 5 * DAY) return (at) => `${day.format(at)} ${minute.format(at)}`;
  return (at) => day.format(at);
}

/** The reader's time with its day, to the second. */
export function wholeClock(at: number): string {
  return `${day.format(at)} ${second.format(at)}`;
}

const UNITS: [string, number][] = [
  ["d", DAY],
  ["h", 3_600_000],
  ["min", 60_000],
  ["s", 1000],
];

/** A length of time in its two largest units. */
export function length(ms: number): string {
  for (const [index, [unit, size]] of UNITS.entries()) {
    if (ms < size) continue;
    const next = UNITS[index + 1];
    const rest = next ? Math.floor((ms % size) / next[1]) : 0;
    return `${Math.floor(ms / size)} ${unit}${next && rest ? ` ${rest} ${next[0]}` : ""}`;
  }
  return "0 s";
}
