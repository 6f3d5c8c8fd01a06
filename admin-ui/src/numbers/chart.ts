// One chart on uPlot. Loaded only when there is one to show.

import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";

export interface ChartWishes {
  /** A part of time was chosen with the pointer, ms. */
  zoom(from: number, to: number): void;
  /** A time was clicked, ms. */
  pick(at: number): void;
  show(value: number): string;
  clock(at: number): string;
}

export interface Chart {
  /** `times` are ms, where each step begins; `values` are a second. */
  draw(times: number[], values: (number | null)[], step: number): void;
  /** The colours of the page have changed. */
  restyle(): void;
  close(): void;
}

const HEIGHT = 160;
const LEFT_AXIS = 74;
// The type allows for builds of uPlot without it.
const STEPS = uPlot.paths.stepped?.({ align: 1 }) ?? null;

/** From zero, unless the values are below it or lie close together far from it. */
function scaleOf(least: number | null, most: number | null): [number, number] {
  if (least === null || most === null) return [0, 1];
  const room = (most - least) * 0.05;
  if (least < 0 || least > most * 0.8)
    return least === most ? [Math.min(least, 0), Math.max(most, 0) || 1] : [least - room, most + room];
  return [0, most > 0 ? most * 1.05 : 1];
}

export function openChart(box: HTMLElement, wishes: ChartWishes): Chart {
  let step = 1000;
  // The page's colours are of both themes; what they come to is asked of an element.
  const probe = document.createElement("i");
  probe.hidden = true;
  box.append(probe);
  const colour = (name: string) => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  };
  const axis = (more: uPlot.Axis): uPlot.Axis => ({
    stroke: () => colour("--faint"),
    grid: { stroke: () => colour("--line"), width: 1 },
    ticks: { stroke: () => colour("--line"), width: 1 },
    font: "12px system-ui, sans-serif",
    ...more,
  });
  const plot = new uPlot(
    {
      width: box.clientWidth || 300,
      height: HEIGHT,
      legend: { show: false },
      cursor: { y: false, drag: { x: true, y: false, setScale: false } },
      scales: { x: { time: true }, y: { range: (_, least, most) => scaleOf(least, most) } },
      series: [
        {},
        {
          stroke: () => colour("--accent"),
          fill: () => `color-mix(in srgb, ${colour("--accent")} 22%, transparent)`,
          width: 1.5,
          ...(STEPS && { paths: STEPS }),
          points: { show: false },
        },
      ],
      axes: [
        axis({ space: 70, size: 28, values: (_, splits) => splits.map((at) => wishes.clock(at * 1000)) }),
        axis({ size: LEFT_AXIS, values: (_, splits) => splits.map((value) => wishes.show(value)) }),
      ],
      hooks: {
        setSelect: [
          (self) => {
            const { left, width } = self.select;
            if (width < 4) return;
            const at = (x: number) => self.posToVal(x, "x") * 1000;
            wishes.zoom(at(left), at(left + width));
            self.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          },
        ],
        setCursor: [(self) => point(self)],
      },
    },
    [[], []],
    box,
  );
  const said = document.createElement("div");
  said.className = "chart-said";
  box.append(said);

  function point(self: uPlot): void {
    const place = self.cursor.idx;
    const at = typeof place === "number" ? self.data[0][place] : undefined;
    const value = typeof place === "number" ? self.data[1]?.[place] : undefined;
    said.textContent =
      at === undefined || value === undefined || value === null || (self.cursor.left ?? -1) < 0
        ? ""
        : `${wishes.clock(at * 1000)}  ${wishes.show(value)}`;
  }

  let pressedAt = 0;
  plot.over.addEventListener("mousedown", (event) => {
    pressedAt = event.clientX;
  });
  plot.over.addEventListener("click", (event) => {
    if (Math.abs(event.clientX - pressedAt) > 3) return;
    const place = plot.cursor.idx;
    const at = typeof place === "number" ? plot.data[0][place] : undefined;
    if (at !== undefined) wishes.pick(at * 1000);
  });
  const resized = new ResizeObserver(() => plot.setSize({ width: box.clientWidth, height: HEIGHT }));
  resized.observe(box);

  return {
    draw(times, values, nextStep) {
      step = nextStep;
      // The last step has a width as well.
      const last = times.at(-1);
      const seconds = times.map((at) => at / 1000);
      if (last !== undefined) seconds.push((last + step) / 1000);
      plot.setData([seconds, [...values, ...(last === undefined ? [] : [values.at(-1) ?? null])]]);
    },
    restyle: () => plot.redraw(false),
    close() {
      resized.disconnect();
      plot.destroy();
    },
  };
}
