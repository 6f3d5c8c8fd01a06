// Asks whether a stream shall really go, and what goes with it.

import { useState } from "preact/hooks";
import { connection } from "../session/page-state";
import { bytes, count } from "../streams/format";
import type { StreamRow } from "../wire/types";
import { Confirm } from "./confirm";

export function DeleteStream({ row, close }: { row: StreamRow; close: () => void }) {
  const [typed, setTyped] = useState("");
  const written = row.state !== "ended";
  return (
    <Confirm
      label={`Delete ${row.stream}`}
      title="Delete this stream?"
      act="Delete"
      acting="Deleting…"
      ready={typed.trim() === row.stream}
      run={(idem) => connection.call("stream.delete", { stream: row.stream, force: written, idem })}
      close={close}
    >
      <p class="stream-name">
        <bdi>{row.stream}</bdi>
      </p>
      <p>
        {count(row.lines)} {row.lines === 1 ? "line" : "lines"}, {bytes(row.bytes)} and {count(row.run)}{" "}
        {row.run === 1 ? "run" : "runs"} will be gone for everybody, and cannot be brought back.
      </p>
      {written && (
        <p class="warning">
          <span aria-hidden="true">⚠</span> It is being written: its producer is told, and cut off.
        </p>
      )}
      <label>
        Type its name to confirm
        <input
          type="text"
          autocomplete="off"
          spellcheck={false}
          value={typed}
          onInput={(event) => setTyped(event.currentTarget.value)}
        />
      </label>
    </Confirm>
  );
}
