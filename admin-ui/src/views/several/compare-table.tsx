// The rows of a comparison, only those in sight in the document; and the row that one is at, whole, below them.

import { useEffect, useLayoutEffect, useMemo, useReducer, useRef, useState } from "preact/hooks";
import { connection } from "../../session/page-state";
import { Comparison, type Item, type Options } from "../../several/comparison";
import { RunReader } from "../../several/run-reader";
import { count } from "../../streams/format";
import { rowsInSight, scrollToShow } from "../../streams/rows-in-sight";
import { useKeys } from "../use-keys";
import { Detail, Heads, Row, type Side } from "./compare-row";
import { useFindElsewhere } from "./find-elsewhere";

const ROW = 20;
/** What stands over the rows and stays there. */
const HEADS = 24;
/** More is fetched when so few rows are left. */
const NEAR = 60;
/** Blocks that are read by themselves while few rows come of them; then one has to ask. */
const MOST_AT_ONCE = 20;

export function CompareTable({ left, right, options }: { left: Side; right: Side; options: Options }) {
  const box = useRef<HTMLDivElement>(null);
  const [sight, setSight] = useState({ top: 0, height: 600 });
  const [at, setAt] = useState(0);
  const reading = useReading(left, right, options, box, setAt);
  const { items, comparison } = reading;
  const look = () => {
    const element = box.current;
    if (!element) return;
    const height = Math.max(0, element.clientHeight - HEADS);
    setSight({ top: element.scrollTop, height });
    const last = (element.scrollTop + height) / ROW;
    if (last > items.length - NEAR) reading.more();
    if (element.scrollTop < ROW * NEAR) reading.earlier();
  };
  useEffect(() => {
    if (!box.current) return;
    const observer = new ResizeObserver(look);
    observer.observe(box.current);
    // Who came by a key reads on by keys; whoever is at a button here stays there.
    if (!document.activeElement || document.activeElement === document.body)
      box.current.focus({ preventScroll: true });
    return () => observer.disconnect();
  }, []);
  const show = (index: number) => {
    const next = Math.max(0, Math.min(items.length - 1, index));
    setAt(next);
    if (box.current) box.current.scrollTop = scrollToShow(next, box.current.scrollTop, sight.height, ROW);
    look();
  };
  const differs = (step: 1 | -1) => {
    let index = at + step;
    while (items[index] && !isDifference(items[index])) index += step;
    if (items[index]) show(index);
    else if (step > 0 && comparison.hasMore) reading.more(true);
  };
  const page = Math.max(1, Math.floor(sight.height / ROW) - 2);
  const moves: Record<string, () => void> = {
    ArrowDown: () => show(at + 1),
    j: () => show(at + 1),
    ArrowUp: () => show(at - 1),
    k: () => show(at - 1),
    PageDown: () => show(at + page),
    PageUp: () => show(at - page),
    Home: () => show(0),
    End: () => show(items.length - 1),
    Enter: () => unfold(items[at]),
  };
  const unfold = (item: Item | undefined) => {
    if (item?.kind === "folded") reading.unfold(item.key);
  };
  const elsewhere = useFindElsewhere(["/", "e", "E"], box);
  useKeys({ ...elsewhere.keys, n: () => differs(1), N: () => differs(-1) });
  const byTime = options.align === "time";
  const { first, last } = rowsInSight(sight.top, sight.height, ROW, items.length);
  return (
    <>
      {elsewhere.notice}
      <Summary reading={reading} options={options} differs={differs} />
      <div
        class={byTime ? "compare-rows by-time" : "compare-rows"}
        role="grid"
        aria-label={`run ${left.run.run} of ${left.name} beside run ${right.run.run} of ${right.name}`}
        aria-rowcount={comparison.hasMore ? -1 : items.length + 1}
        aria-activedescendant={items[at] && at >= first && at < last ? `pair-${at}` : undefined}
        tabIndex={0}
        ref={box}
        onScroll={look}
        onKeyDown={(event) => {
          const move = event.ctrlKey || event.metaKey || event.altKey ? undefined : moves[event.key];
          if (!move) return;
          event.preventDefault();
          event.stopPropagation();
          move();
        }}
      >
        <Heads left={left} right={right} byTime={byTime} />
        <div class="compare-sheet" role="rowgroup" style={{ height: `${Math.max(1, items.length) * ROW}px` }}>
          {items.length === 0 && <EmptyRow busy={reading.busy} />}
          {items.slice(first, last).map((item, index) => (
            <Row
              key={first + index}
              item={item}
              index={first + index}
              at={first + index === at}
              top={(first + index) * ROW}
              byTime={byTime}
              pick={() => {
                setAt(first + index);
                unfold(item);
              }}
            />
          ))}
        </div>
      </div>
      <Detail item={items[at]} />
    </>
  );
}

function EmptyRow({ busy }: { busy: boolean }) {
  return (
    <div role="row" class="pair">
      <div role="gridcell" class="quiet">
        {busy ? "Reading …" : "Neither run has a line."}
      </div>
    </div>
  );
}

const HOW = {
  time: "Beside each other: what came equally long after the start of its run",
  line: "Beside each other: the first line and the first, the second and the second, and so on",
};

type Reading = ReturnType<typeof useReading>;

/** Reads blocks of the comparison as they are wanted, one at a time. */
function useReading(
  left: Side,
  right: Side,
  options: Options,
  box: { current: HTMLDivElement | null },
  setAt: (change: (at: number) => number) => void,
) {
  const comparison = useMemo(() => {
    const reader = ({ name, run }: Side) =>
      new RunReader(name, run, (params) => connection.call("stream.lines", params));
    return new Comparison(reader(left), reader(right), options);
  }, []);
  const [, redraw] = useReducer((times: number) => times + 1, 0);
  const [busy, setBusy] = useState(true);
  const [problem, setProblem] = useState("");
  const under = useRef(false);
  const gone = useRef(false);
  /** Rows that came before those in sight, or made room there: what is in sight stays. */
  const moved = useRef(0);
  useLayoutEffect(() => {
    if (box.current && moved.current) box.current.scrollTop += moved.current * ROW;
    moved.current = 0;
  });
  const read = async (some: () => Promise<void>) => {
    if (under.current) return;
    under.current = true;
    setBusy(true);
    try {
      await connection.whenLive();
      await some();
      if (!gone.current) setProblem("");
    } catch (error) {
      if (!gone.current) setProblem((error as Error).message);
    }
    under.current = false;
    if (gone.current) return;
    setBusy(false);
    redraw(0);
  };
  const shift = (rows: number) => {
    moved.current += rows;
    setAt((at) => Math.max(0, at + rows));
  };
  /** Until enough rows came; or, for a difference, until there is one. */
  const more = (difference = false) =>
    read(async () => {
      let rows = 0;
      for (let blocks = 0; blocks < MOST_AT_ONCE && comparison.hasMore && !gone.current; blocks++) {
        const { came, gone: dropped } = await comparison.more();
        if (dropped) shift(-dropped);
        rows += came;
        const fresh = comparison.items.slice(-came);
        if (difference ? fresh.some(isDifference) : rows >= NEAR) break;
      }
    });
  const earlier = () => {
    if (comparison.hasEarlier) read(async () => shift(await comparison.earlier()));
  };
  useEffect(() => {
    more();
    return () => {
      gone.current = true;
    };
  }, []);
  const unfold = (key: number) => {
    comparison.unfold(key);
    redraw(0);
  };
  return { comparison, items: comparison.items, busy, problem, more, earlier, unfold };
}

function Summary({
  reading,
  options,
  differs,
}: {
  reading: Reading;
  options: Options;
  differs(step: 1 | -1): void;
}) {
  const { comparison, busy, problem } = reading;
  const { same, changed, gone, new: fresh, whole } = comparison.total;
  return (
    <div class="compare-summary">
      {options.align !== "diff" && <span>{HOW[options.align]}</span>}
      {options.align === "diff" && (
        <span role="status">
          <b class="gone">− {count(gone)}</b> only left, <b class="new">+ {count(fresh)}</b> only right,{" "}
          <b class="changed">~ {count(changed)}</b> changed, {count(same)} the same
          {whole ? "" : " so far"}
        </span>
      )}
      {options.align === "diff" && (
        <span class="actions">
          <button type="button" onClick={() => differs(-1)} title="The difference before (N)">
            ↑<span class="hidden"> difference before</span>
          </button>
          <button type="button" onClick={() => differs(1)} title="The next difference (n)">
            ↓<span class="hidden"> next difference</span>
          </button>
        </span>
      )}
      {busy && <span class="quiet">Reading …</span>}
      {!busy && comparison.hasMore && (
        <button type="button" onClick={() => reading.more()}>
          Read on
        </button>
      )}
      {problem && (
        <span class="problem" role="alert">
          {problem}
        </span>
      )}
    </div>
  );
}

function isDifference(item: Item | undefined): boolean {
  return item?.kind === "changed" || item?.kind === "gone" || item?.kind === "new";
}
