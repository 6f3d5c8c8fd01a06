// How much came when, above the text: a bar for each step of the stream's life; choosing one goes there.

import { useRef, useState } from "preact/hooks";
import { length, wholeClock } from "../numbers/clock";
import type { Series } from "../numbers/series";
import { barAt, barPath } from "../numbers/strip";
import { count } from "../streams/format";

const WIDTH = 1000;
const HEIGHT = 28;

interface Props {
  name: string;
  /** Null until it is known; the strip has its place from the beginning, so that no text moves. */
  series: Series | null;
  /** How many of its steps are over. */
  whole: number;
  goTo?: ((at: number) => void) | undefined;
}

export function NumbersStrip({ name, series, whole, goTo }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const [chosen, setChosen] = useState<number | null>(null);
  const bars = series?.values.length ?? 0;
  if (!series || bars === 0) return <div class="strip" />;
  const place = chosen === null ? null : Math.min(chosen, bars - 1);
  const at = (event: MouseEvent) => {
    const { left, width } = box.current?.getBoundingClientRect() ?? { left: 0, width: 1 };
    return barAt(event.clientX - left, width, bars);
  };
  const go = (index: number) => goTo?.(series.startOf(index));
  const words = (index: number) =>
    `${wholeClock(series.startOf(index))}, ${length(series.step)}: ${count(series.values[index] ?? 0)} lines${
      index < whole ? "" : " so far"
    }`;
  const key = (event: KeyboardEvent) => {
    const from = place ?? bars - 1;
    const moves: Record<string, number> = {
      ArrowLeft: from - 1,
      ArrowRight: from + 1,
      PageUp: from - Math.ceil(bars / 10),
      PageDown: from + Math.ceil(bars / 10),
      Home: 0,
      End: bars - 1,
    };
    const to = moves[event.key];
    if (to !== undefined) setChosen(Math.min(Math.max(to, 0), bars - 1));
    else if (event.key === "Enter" || event.key === " ") go(from);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div
      class={goTo ? "strip goes" : "strip"}
      ref={box}
      role="slider"
      tabIndex={0}
      aria-label={`lines of ${name} over time; Enter goes to the chosen time`}
      aria-valuemin={0}
      aria-valuemax={bars - 1}
      aria-valuenow={place ?? bars - 1}
      aria-valuetext={words(place ?? bars - 1)}
      // A click leaves the focus where it is, so that the text's keys go on to work.
      onMouseDown={(event) => event.preventDefault()}
      onPointerMove={(event) => setChosen(at(event))}
      onPointerLeave={() => setChosen(null)}
      onBlur={() => setChosen(null)}
      onClick={(event) => go(at(event))}
      onKeyDown={key}
    >
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
        <path class="bars" d={barPath(series.values, WIDTH, HEIGHT, { to: whole })} />
        <path class="under-way" d={barPath(series.values, WIDTH, HEIGHT, { from: whole })} />
        {place !== null && (
          <rect class="chosen" x={(place * WIDTH) / bars} y={0} width={WIDTH / bars} height={HEIGHT} />
        )}
      </svg>
      {place !== null && (
        <span class={place > bars / 2 ? "strip-said left" : "strip-said"} aria-hidden="true">
          {words(place)}
        </span>
      )}
    </div>
  );
}
