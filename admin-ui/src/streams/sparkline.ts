// A row of rates as the path of a small line.

/** An SVG path in a box of `width` by `height`, newest at the right; empty where there is nothing to draw. */
export function sparkPath(values: readonly number[], width: number, height: number, points: number): string {
  if (values.length < 2) return "";
  const top = Math.max(...values, 1e-9);
  const step = width / (points - 1);
  const left = width - step * (values.length - 1);
  return values
    .map((value, index) => {
      const x = (left + index * step).toFixed(1);
      const y = (height - 1 - (value / top) * (height - 2)).toFixed(1);
      return `${index ? "L" : "M"}${x} ${y}`;
    })
    .join("");
}

/** The same line with the area below it closed. */
export function areaPath(values: readonly number[], width: number, height: number, points: number): string {
  const line = sparkPath(values, width, height, points);
  if (!line) return "";
  const left = width - (width / (points - 1)) * (values.length - 1);
  return `${line}V${height}H${left.toFixed(1)}Z`;
}
