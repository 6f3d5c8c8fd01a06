// The fleet: all streams as a tree, with what concerns the whole hub above.

import { useEffect, useReducer, useRef, useState } from "preact/hooks";
import { asOf, setKeys, streams, version, who } from "../session/page-state";
import { may } from "../session/rights";
import type { FleetRows } from "../streams/fleet";
import { type Order, parseOrder, printOrder } from "../streams/fleet-order";
import { count, timeOfDay } from "../streams/format";
import { FilterBox } from "./filter-box";
import { Empty, Loading, NoMatch } from "./fleet-empty";
import { fleet } from "./fleet-state";
import { FleetTable } from "./fleet-table";
import { lazy } from "./lazy";
import { PickBar } from "./pick-bar";
import { Tiles } from "./tiles";
import { isTyping } from "./typing";

const DeleteStream = lazy("The dialog", () =>
  import("./delete-stream").then(({ DeleteStream }) => DeleteStream),
);

export function ListView({ keys }: { keys: Record<string, string> }) {
  const box = useRef<HTMLInputElement>(null);
  const [, redraw] = useReducer((times: number) => times + 1, 0);
  const [removed, setRemoved] = useState<string | null>(null);
  useEffect(() => {
    document.title = "Hub";
    const key = (event: KeyboardEvent) => {
      if (event.key === "/" && !isTyping(event.target)) {
        event.preventDefault();
        box.current?.focus();
        box.current?.select();
      }
    };
    addEventListener("keydown", key);
    return () => removeEventListener("keydown", key);
  }, []);
  const filter = keys.q ?? "";
  const order = parseOrder(keys.sort ?? "");
  const flat = keys.tree === "off";
  fleet.set({ filter, order, flat });
  version.value;
  const shown = fleet.show();
  const doomed = removed === null ? undefined : streams.get(removed);
  return (
    <section class={flat ? "list flat" : "list"}>
      <h1 class="hidden">Streams</h1>
      <Tiles />
      <div class="filter">
        <FilterBox
          box={box}
          value={filter}
          change={(text) => setKeys({ q: text })}
          intoList={() => {
            fleet.cursor ??= fleet.show().rows[0]?.branch.id ?? null;
            document.querySelector<HTMLElement>(".fleet")?.focus();
          }}
        />
        <SortChoice order={order} />
        <button
          type="button"
          aria-pressed={!flat}
          onClick={() => setKeys({ tree: flat ? "" : "off" })}
          title="Streams in folders, by the / in their names"
        >
          Tree
        </button>
        {!flat && shown.rows.length > 0 && <FoldButtons redraw={() => redraw(0)} />}
        <Said shown={shown} renew={() => redraw(fleet.renew() ?? 0)} />
      </div>
      {streams.size === 0 ? (
        streams.isLoaded ? (
          <Empty />
        ) : (
          <Loading />
        )
      ) : shown.rows.length === 0 ? (
        <NoMatch filter={filter} clear={() => setKeys({ q: "" })} />
      ) : (
        <FleetTable
          fleet={fleet}
          shown={shown}
          order={order}
          sort={(next) => setKeys({ sort: printOrder(next) })}
          redraw={() => redraw(0)}
          remove={may(who.value, "admin") ? setRemoved : null}
        />
      )}
      <PickBar />
      {doomed && <DeleteStream row={doomed} close={() => setRemoved(null)} />}
    </section>
  );
}

/** How many there are, and that the list stands still. It takes no more room for that: the list must not move. */
function Said({ shown, renew }: { shown: FleetRows; renew: () => void }) {
  return (
    <div class="said">
      {shown.held && <span class="held">order held while you are in the list</span>}
      {shown.held && shown.waiting > 0 && (
        <button type="button" onClick={renew}>
          {count(shown.waiting)} new: show
        </button>
      )}
      <span role="status">
        {/* Not known is not none. */}
        {(streams.isLoaded || streams.size > 0) && (
          <>
            {count(shown.matching)} {shown.matching === 1 ? "stream" : "streams"}
          </>
        )}
        {asOf.value !== null && <b> as of {timeOfDay(asOf.value)}</b>}
      </span>
    </div>
  );
}

const SORTS: [string, string][] = [
  ["", "Newest"],
  ["name", "Name"],
  ["-state", "State"],
  ["-rate", "Rate"],
  ["-lines", "Lines"],
  ["-bytes", "Size"],
  ["-errors", "Errors"],
  ["-last", "Last line"],
  ["-watchers", "Watching"],
  ["-runs", "Runs"],
];

/** Where there is no room for heads of columns. */
function SortChoice({ order }: { order: Order }) {
  return (
    <label class="sort-choice">
      <span class="hidden">Sort by</span>
      <select value={printOrder(order)} onChange={(event) => setKeys({ sort: event.currentTarget.value })}>
        {SORTS.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}

function FoldButtons({ redraw }: { redraw: () => void }) {
  const turn = (open: boolean) => {
    fleet.turnAll(open);
    redraw();
  };
  return (
    <span class="fold-buttons">
      <button type="button" class="plain" onClick={() => turn(true)}>
        Unfold all
      </button>
      <button type="button" class="plain" onClick={() => turn(false)}>
        Fold all
      </button>
    </span>
  );
}
