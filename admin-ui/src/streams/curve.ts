// A curve over time as an SVG path, broken where nothing is known.

export interface Span {
  /** Unix seconds. */
  from: number;
  to: number;
}

export interface Box {
  width: number;
  height: number;
}

/** The least round number that is not less: 1, 2 or 5 and zeros. */
export function roundUp(value: number): number {
  if (value <= 0) return 1;
  const ten = 10 ** Math.floor(Math.log10(value));
  for (const step of [1, 2, 5, 10]) if (value <= step * ten) return step * ten;
  return 10 * ten;
}

/** The greatest value that is known; 0 where there is none. */
export function greatest(values: readonly (number | null)[]): number {
  let most = 0;
  for (const value of values) if (value !== null && value > most) most = value;
  return most;
}

/** One point for each column of the box at most, with the greatest value in it: a short burst stays in sight. */
function columns(at: readonly number[], values: readonly (number | null)[], span: Span, box: Box) {
  const points: { x: number; value: number | null }[] = [];
  at.forEach((time, index) => {
    const x = ((time - span.from) / (span.to - span.from)) * box.width;
    const value = values[index] ?? null;
    const last = points.at(-1);
    if (last && value !== null && last.value !== null && Math.floor(last.x) === Math.floor(x))
      last.value = Math.max(last.value, value);
    else points.push({ x, value });
  });
  return points;
}

/** The curve, and the area below it. */
export function curve(
  at: readonly number[],
  values: readonly (number | null)[],
  span: Span,
  top: number,
  box: Box,
): { line: string; area: string } {
  let line = "";
  let area = "";
  let begun: string | null = null;
  let x = "";
  const shut = () => {
    if (begun !== null) area += `L${x} ${box.height}L${begun} ${box.height}Z`;
    begun = null;
  };
  for (const point of columns(at, values, span, box)) {
    if (point.value === null) {
      shut();
      continue;
    }
    x = point.x.toFixed(1);
    const y = (box.height - (point.value / top) * (box.height - 1)).toFixed(1);
    const step = `${begun === null ? "M" : "L"}${x} ${y}`;
    begun ??= x;
    line += step;
    area += step;
  }
  shut();
  return { line, area };
}

/** The index of the point nearest to a time, or -1; a time far from all points has none. */
export function nearest(at: readonly number[], time: number, within: number): number {
  let best = -1;
  let least = within;
  for (let index = 0; index < at.length; index++) {
    const far = Math.abs((at[index] ?? 0) - time);
    if (far <= least) {
      least = far;
      best = index;
    }
  }
  return best;
}

/** Steps of a time axis, seconds: those that one reads off a clock. */
const TIME_STEPS = [5, 10, 30, 60, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400];

/** Round times of the reader's day within a span, `most` of them at most; Unix seconds. */
export function timeTicks({ from, to }: Span, most: number): number[] {
  // A whole hour of the day is none of UTC everywhere.
  const zone = new Date(to * 1000).getTimezoneOffset() * 60;
  const first = (step: number) => Math.ceil((from - zone) / step) * step + zone;
  const step = TIME_STEPS.find((each) => first(each) + most * each > to) ?? (to - from) / most;
  const ticks: number[] = [];
  for (let at = first(step); at <= to; at += step) ticks.push(at);
  return ticks;
}
