// The windowed tree of streams: only rows in sight are drawn.

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { streamPlace } from "../session/address";
import { goTo } from "../session/page-state";
import type { Fleet, FleetRows } from "../streams/fleet";
import { actOf } from "../streams/fleet-keys";
import { type Column, nextOrder, type Order } from "../streams/fleet-order";
import { rowsInSight, scrollToShow } from "../streams/rows-in-sight";
import { Row, rowId } from "./fleet-row";
import { pick } from "./fleet-state";

const COLUMNS: [string, Column | null, string, string?][] = [
  ["c-name", "name", "Stream"],
  ["c-state", "state", "State"],
  ["c-spark", null, "Rate, last 30 s"],
  ["c-rate number", "rate", "Lines/s"],
  ["c-lines number", "lines", "Lines"],
  ["c-bytes number", "bytes", "Size"],
  ["c-errors number", "errors", "Errors"],
  ["c-last number", "last", "Last line"],
  ["c-watchers number", "watchers", "Watching"],
  ["c-runs number", "runs", "Runs"],
  ["c-meta", null, "Meta"],
];

interface Props {
  fleet: Fleet;
  shown: FleetRows;
  order: Order;
  sort: (order: Order) => void;
  redraw: () => void;
  /** Asks whether to delete a stream; null where this person may not. */
  remove: ((name: string) => void) | null;
}

export function FleetTable({ fleet, shown, order, sort, redraw, remove }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const { rows } = shown;
  const { top, height, rowHeight, look } = useSight(box, fleet, redraw);
  const { first, last } = rowsInSight(top, height, rowHeight, rows.length);
  const at = fleet.cursor === null ? -1 : rows.findIndex(({ branch }) => branch.id === fleet.cursor);
  const turn = (id: string, open: boolean) => {
    fleet.turn(id, open);
    redraw();
  };
  const holds = useHold(fleet, redraw);
  const onKey = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !box.current) return;
    // A button of the head has keys of its own.
    if (event.target !== box.current) return;
    const act = actOf(event.key, rows, at, Math.max(1, Math.floor(height / rowHeight) - 2));
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    holds.byKeys(true);
    if (act.kind === "remove") remove?.(act.name);
    else if (act.kind === "pick") pick(act.name);
    else if (act.kind === "open") goTo(streamPlace(act.name));
    else if (act.kind === "turn") turn(act.id, act.open);
    else if (act.kind === "all") fleet.turnAll(act.open);
    else {
      fleet.cursor = rows[act.index]?.branch.id ?? null;
      box.current.scrollTop = scrollToShow(act.index, top, height, rowHeight);
      look();
    }
    redraw();
  };
  return (
    <div
      class={remove ? "fleet may-delete" : "fleet"}
      role="treegrid"
      aria-label="Streams"
      aria-rowcount={rows.length + 1}
      aria-colcount={COLUMNS.length}
      aria-activedescendant={at >= first && at < last ? rowId(at) : undefined}
      tabIndex={0}
      ref={box}
      onScroll={look}
      onKeyDown={onKey}
      onFocus={(event) => event.currentTarget.matches(":focus-visible") && holds.byKeys(true)}
      onBlur={() => holds.byKeys(false)}
    >
      <Head order={order} sort={sort} />
      <div
        class="fleet-body"
        role="rowgroup"
        style={{ height: `${rows.length * rowHeight}px` }}
        onPointerEnter={() => holds.byPointer(true)}
        onPointerLeave={() => holds.byPointer(false)}
        onClick={(event) => clicked(event, fleet, turn)}
      >
        {rows.slice(first, last).map((row, index) => (
          <Row
            key={row.branch.id}
            row={row}
            index={first + index}
            top={(first + index) * rowHeight}
            isAt={first + index === at}
            turn={turn}
            remove={remove}
          />
        ))}
      </div>
    </div>
  );
}

function Head({ order, sort }: { order: Order; sort: (order: Order) => void }) {
  return (
    <div class="fleet-head" role="rowgroup">
      <div class="fleet-row" role="row" aria-rowindex={1}>
        {COLUMNS.map(([name, column, text]) => (
          <div
            key={name}
            class={name}
            role="columnheader"
            aria-sort={column === order.by ? (order.down ? "descending" : "ascending") : undefined}
          >
            {column === null ? (
              text
            ) : (
              <button type="button" onClick={() => sort(nextOrder(order, column))}>
                {text}
                <span aria-hidden="true" class="arrow">
                  {column === order.by ? (order.down ? "↓" : "↑") : ""}
                </span>
              </button>
            )}
          </div>
        ))}
      </div>
    </div>
  );
}

/** A click anywhere in a row does what its name does; one that ends a selection of text does nothing. */
function clicked(event: MouseEvent, fleet: Fleet, turn: (id: string, open: boolean) => void): void {
  const target = event.target as Element;
  const row = target.closest<HTMLElement>("[data-id]");
  const id = row?.dataset.id;
  if (!row || id === undefined) return;
  fleet.cursor = id;
  if (target.closest("a, button") || getSelection()?.type === "Range") return;
  if ((event.ctrlKey || event.metaKey) && !id.endsWith("/")) pick(id);
  else if (id.endsWith("/")) turn(id, row.getAttribute("aria-expanded") !== "true");
  else goTo(streamPlace(id));
}

/** Which part of the list is in sight. */
function useSight(box: { current: HTMLDivElement | null }, fleet: Fleet, redraw: () => void) {
  const [sight, setSight] = useState({ top: fleet.scrollTop, height: 800, rowHeight: 32 });
  const look = () => {
    const element = box.current;
    if (!element) return;
    const rowHeight =
      Number.parseFloat(getComputedStyle(element).getPropertyValue("--row")) || sight.rowHeight;
    const head = element.firstElementChild?.clientHeight ?? 0;
    fleet.scrollTop = element.scrollTop;
    setSight((before) => {
      const next = { top: element.scrollTop, height: element.clientHeight - head, rowHeight };
      const same = next.top === before.top && next.height === before.height && rowHeight === before.rowHeight;
      return same ? before : next;
    });
  };
  useLayoutEffect(() => {
    if (box.current) box.current.scrollTop = fleet.scrollTop;
    look();
  }, []);
  useEffect(() => {
    if (!box.current) return;
    const observer = new ResizeObserver(() => {
      look();
      redraw();
    });
    observer.observe(box.current);
    return () => observer.disconnect();
  }, []);
  return { ...sight, look };
}

/** Holds the list while the pointer or the keyboard is in it. */
function useHold(fleet: Fleet, redraw: () => void) {
  const holders = useRef({ pointer: false, keys: false });
  const change = (by: "pointer" | "keys", holds: boolean) => {
    holders.current[by] = holds;
    if (holders.current.pointer || holders.current.keys) fleet.hold();
    else fleet.release();
    redraw();
  };
  useEffect(() => () => fleet.release(), []);
  return {
    byPointer: (holds: boolean) => change("pointer", holds),
    byKeys: (holds: boolean) => holders.current.keys !== holds && change("keys", holds),
  };
}
