import { sparkPath } from "../streams/sparkline";

interface Props {
  values: readonly number[];
  points: number;
  width: number;
  label: string;
}

export function Sparkline({ values, points, width, label }: Props) {
  const path = sparkPath(values, width, 20, points);
  return (
    <svg class="spark" width={width} height="20" viewBox={`0 0 ${width} 20`} role="img" aria-label={label}>
      <path d={path} />
    </svg>
  );
}
