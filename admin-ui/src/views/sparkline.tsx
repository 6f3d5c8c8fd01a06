import { areaPath, sparkPath } from "../streams/sparkline";

interface Props {
  values: readonly number[];
  points: number;
  width: number;
  height?: number;
  label: string;
}

export function Sparkline({ values, points, width, height = 20, label }: Props) {
  return (
    <svg
      class="spark"
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={label}
    >
      <path class="ground" d={`M0 ${height - 0.5}H${width}`} />
      <path class="area" d={areaPath(values, width, height, points)} />
      <path class="curve" d={sparkPath(values, width, height, points)} />
    </svg>
  );
}
