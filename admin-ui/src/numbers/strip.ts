// The volume strip's geometry: bars as one path, and which of them a pointer is at.

/** Some of the bars: from one index up to another. */
export interface Bars {
  from?: number;
  to?: number;
}

/** Returns a path of bars from the bottom up, `width` by `height`, one for each value; the least is seen. */
export function barPath(
  values: readonly (number | null)[],
  width: number,
  height: number,
  { from = 0, to = values.length }: Bars = {},
): string {
  const most = values.reduce<number>((so, value) => Math.max(so, value ?? 0), 0);
  if (most <= 0) return "";
  const each = width / values.length;
  const gap = each > 4 ? 1 : 0;
  return values
    .map((value, index) => {
      if (!value || value < 0 || index < from || index >= to) return "";
      const tall = Math.max((value / most) * height, 1);
      const left = round(index * each);
      return `M${left} ${height}V${round(height - tall)}H${round((index + 1) * each - gap)}V${height}Z`;
    })
    .join("");
}

/** Which of `count` bars is at `x` of `width`. */
export function barAt(x: number, width: number, count: number): number {
  return Math.min(Math.max(Math.floor((x / Math.max(width, 1)) * count), 0), Math.max(count - 1, 0));
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
