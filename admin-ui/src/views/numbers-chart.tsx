// A series as a live chart with zoom, and the same as a table.

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Chart } from "../numbers/chart";
import { clockFor, length, wholeClock } from "../numbers/clock";
import { isCount, type SeriesFeed } from "../numbers/feed";
import { ALL, type Span } from "../numbers/series";
import { fieldName, figure, showValue } from "../numbers/words";
import { now as pageNow } from "../session/page-state";
import { settings } from "../session/settings";
import { bytes, count } from "../streams/format";

const SPANS: [string, Span][] = [
  ["all", ALL],
  ["1 h", { kind: "last", ms: 3_600_000 }],
  ["10 min", { kind: "last", ms: 600_000 }],
];
const TABLE_ROWS = 300;

interface Props {
  feed: SeriesFeed;
  /** Grows when the feed changed. */
  version: number;
  goTo?: ((at: number) => void) | undefined;
}

export function NumbersChart({ feed, version, goTo }: Props) {
  const series = feed.series;
  const [table, setTable] = useState(false);
  const now = () => pageNow.peek();
  const zoomBy = (factor: number) => {
    if (!series || series.values.length === 0) return;
    const middle = (series.since + series.end) / 2;
    const half = Math.max(((series.end - series.since) / 2) * factor, 2000);
    void feed.show({ kind: "part", from: Math.max(middle - half, 0), to: middle + half }, now());
  };
  const field = feed.field;
  return (
    <div class="chart-part">
      <div class="chart-tools">
        {SPANS.map(([word, span]) => (
          <button
            type="button"
            class="small"
            key={word}
            aria-pressed={sameSpan(feed.span, span)}
            onClick={() => void feed.show(span, now())}
          >
            {word}
          </button>
        ))}
        <button type="button" class="small" aria-label="zoom in" onClick={() => zoomBy(0.5)}>
          +
        </button>
        <button type="button" class="small" aria-label="zoom out" onClick={() => zoomBy(2)}>
          −
        </button>
      </div>
      {feed.problem && (
        <p class="bad" role="status">
          {feed.problem}
        </p>
      )}
      <Plot feed={feed} version={version} goTo={goTo} />
      {series && series.values.length > 0 && (
        <p class="quiet small">
          {fieldName(field)}
          {isCount(field) ? " a second" : ""} in steps of {length(series.step)}
          {feed.goesOn ? " that are over" : ""}; drag to zoom
          {goTo ? ", click to go there" : ""}
        </p>
      )}
      <details class="twin" onToggle={(event) => setTable((event.currentTarget as HTMLDetailsElement).open)}>
        <summary>As a table</summary>
        {table && series && <Table feed={feed} version={version} />}
      </details>
    </div>
  );
}

function Plot({ feed, version, goTo }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<Chart | null>(null);
  const [problem, setProblem] = useState("");
  const going = useRef(goTo);
  going.current = goTo;
  const shown = useRef(feed);
  shown.current = feed;
  const draw = () => {
    const series = shown.current.series;
    if (!series) return;
    const places = [...Array(shown.current.whole).keys()];
    chart.current?.draw(
      places.map((place) => series.startOf(place)),
      places.map((place) =>
        isCount(shown.current.field) ? series.perSecond(place) : (series.values[place] ?? null),
      ),
      series.step,
    );
  };
  useEffect(() => {
    let closed = false;
    import("../numbers/chart").then(
      ({ openChart }) => {
        if (closed || !box.current) return;
        chart.current = openChart(box.current, {
          zoom: (from, to) => void shown.current.show({ kind: "part", from, to }, pageNow.peek()),
          pick: (at) => going.current?.(at),
          show: (value) => showValue(shown.current.field, value),
          clock: (at) => {
            const series = shown.current.series;
            return clockFor(series ? series.end - series.since : 0)(at);
          },
        });
        draw();
      },
      () => setProblem("The chart could not be loaded; the table has its numbers."),
    );
    return () => {
      closed = true;
      chart.current?.close();
      chart.current = null;
    };
  }, []);
  useEffect(draw, [feed, version]);
  useEffect(() => {
    const restyle = () => requestAnimationFrame(() => chart.current?.restyle());
    const system = matchMedia("(prefers-color-scheme: dark)");
    system.addEventListener("change", restyle);
    const stop = settings.theme.subscribe(restyle);
    return () => {
      system.removeEventListener("change", restyle);
      stop();
    };
  }, []);
  if (problem) return <p class="quiet">{problem}</p>;
  return (
    <div
      class="chart"
      ref={box}
      role="img"
      aria-label={`${fieldName(feed.field)} over time, see the table`}
    />
  );
}

function Table({ feed, version }: Pick<Props, "feed" | "version">) {
  const series = feed.series;
  const rows = useMemo(() => {
    if (!series) return [];
    const first = Math.max(series.values.length - TABLE_ROWS, 0);
    return series.values.slice(first).map((value, index) => ({
      at: series.startOf(first + index),
      value,
      over: first + index < feed.whole,
    }));
  }, [series, series?.values.length, feed.whole, version]);
  if (!series) return null;
  const counts = isCount(feed.field);
  const show = (value: number | null) =>
    value === null ? "–" : feed.field === "bytes" ? bytes(value) : counts ? count(value) : figure(value);
  return (
    <div class="twin-box">
      <table>
        <caption class="hidden">
          {fieldName(feed.field)} in steps of {length(series.step)}
        </caption>
        <thead>
          <tr>
            <th scope="col">from</th>
            <th scope="col">{fieldName(feed.field)}</th>
          </tr>
        </thead>
        <tbody>
          {rows.toReversed().map(({ at, value, over }) => (
            <tr key={at}>
              <th scope="row">{wholeClock(at)}</th>
              <td>
                {over ? "" : "so far "}
                {show(value)}
              </td>
            </tr>
          ))}
        </tbody>
        {counts && (
          <tfoot>
            <tr>
              <th scope="row">in all</th>
              <td>{show(rows.reduce((sum, { value }) => sum + (value ?? 0), 0))}</td>
            </tr>
          </tfoot>
        )}
      </table>
    </div>
  );
}

function sameSpan(one: Span, other: Span): boolean {
  return one.kind === other.kind && (one.kind !== "last" || other.kind !== "last" || one.ms === other.ms);
}
