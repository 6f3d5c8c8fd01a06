// All streams, the newest first, with live rates.

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { printPlace, streamPlace } from "../session/address";
import { now, setKeys, streams, version } from "../session/page-state";
import { age, bytes, count, rate, stateWord } from "../streams/format";
import { HeldList } from "../streams/held-list";
import { SPARK_POINTS } from "../streams/stream-list";
import type { StreamRow } from "../wire/types";
import { Sparkline } from "./sparkline";
import { Tiles } from "./totals";

const MOST = 500;

export function ListView({ filter }: { filter: string }) {
  const box = useRef<HTMLInputElement>(null);
  useEffect(() => {
    document.title = "Hub";
    const key = (event: KeyboardEvent) => {
      if (event.key === "/" && !(event.target instanceof HTMLInputElement)) {
        event.preventDefault();
        box.current?.focus();
      }
    };
    addEventListener("keydown", key);
    return () => removeEventListener("keydown", key);
  }, []);
  // A new filter is the reader's own wish: nothing is held over it.
  const places = useMemo(() => new HeldList(), [filter]);
  const [, redraw] = useState(0);
  const release = () => {
    places.release();
    redraw((times) => times + 1);
  };
  version.value;
  const matching = streams.matching(filter);
  const { rows, waiting } = places.show(matching.slice(0, MOST));
  return (
    <section class="list">
      <h1 class="hidden">Streams</h1>
      <Tiles />
      <label class="filter">
        <span class="hidden">Filter streams by name or state</span>
        <input
          ref={box}
          type="search"
          placeholder="Filter by name or state   /"
          value={filter}
          onInput={(event) => setKeys({ q: event.currentTarget.value })}
        />
        <span class="quiet" role="status">
          {count(matching.length)} {matching.length === 1 ? "stream" : "streams"}
          {waiting > 0 && `, ${count(waiting)} new when the pointer leaves the list`}
        </span>
      </label>
      {rows.length === 0 ? (
        <Empty filtered={filter !== ""} />
      ) : (
        <Table rows={rows} hold={() => places.hold()} release={release} />
      )}
      {matching.length > MOST && <p class="quiet">The {MOST} newest are shown; filter to find others.</p>}
    </section>
  );
}

function Empty({ filtered }: { filtered: boolean }) {
  if (filtered) return <p class="empty">No stream has these words in its name.</p>;
  return (
    <div class="empty">
      <p>Nothing has been streamed yet. Send something:</p>
      <pre>make 2&gt;&amp;1 | nc -N 127.0.0.1 7411</pre>
    </div>
  );
}

function Table({ rows, hold, release }: { rows: StreamRow[]; hold: () => void; release: () => void }) {
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">Stream</th>
          <th scope="col">State</th>
          <th scope="col" class="spark-cell">
            Rate
          </th>
          <th scope="col" class="number">
            Lines/s
          </th>
          <th scope="col" class="number wide">
            Lines
          </th>
          <th scope="col" class="number wide">
            Size
          </th>
          <th scope="col" class="number wide">
            Last line
          </th>
          <th scope="col" class="number wide">
            Watching
          </th>
        </tr>
      </thead>
      <tbody onPointerEnter={hold} onPointerLeave={release}>
        {rows.map((row) => (
          <Line key={row.stream} row={row} />
        ))}
      </tbody>
    </table>
  );
}

function Line({ row }: { row: StreamRow }) {
  const { word, tone, mark } = stateWord(row.state, row.status);
  const slash = row.stream.lastIndexOf("/") + 1;
  return (
    <tr class={tone}>
      <th scope="row">
        <a href={printPlace(streamPlace(row.stream))}>
          <span class="folder">{row.stream.slice(0, slash)}</span>
          {row.stream.slice(slash)}
        </a>
        {row.run > 1 && <span class="chip">run {row.run}</span>}
      </th>
      <td>
        <span class={`state ${tone}`}>
          <span aria-hidden="true">{mark}</span> {word}
        </span>
      </td>
      <td class="spark-cell">
        <Sparkline
          values={streams.sparkline(row.stream)}
          points={SPARK_POINTS}
          width={110}
          label={rate(row.lines_per_s)}
        />
      </td>
      <td class="number">{rate(row.lines_per_s)}</td>
      <td class="number wide">{count(row.lines)}</td>
      <td class="number wide">{bytes(row.bytes)}</td>
      <td class="number wide">{age(row.last_at, now.value)}</td>
      <td class="number wide">{row.watchers || "–"}</td>
    </tr>
  );
}
