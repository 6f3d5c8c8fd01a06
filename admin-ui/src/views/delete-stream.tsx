// Asks whether a stream shall really go, and what goes with it.

import { useState } from "preact/hooks";
import { connection, status } from "../session/page-state";
import { bytes, count } from "../streams/format";
import type { StreamRow } from "../wire/types";
import { Modal } from "./modal";

export function DeleteStream({ row, close }: { row: StreamRow; close: () => void }) {
  const [typed, setTyped] = useState("");
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const [idem] = useState(() => crypto.getRandomValues(new Uint32Array(4)).join("-"));
  const written = row.state !== "ended";
  const remove = (event: SubmitEvent) => {
    event.preventDefault();
    setBusy(true);
    setProblem("");
    connection
      .call("stream.delete", { stream: row.stream, force: written, idem })
      .then(close, (error: Error) => {
        setProblem(error.message);
        setBusy(false);
      });
  };
  return (
    <Modal label={`Delete ${row.stream}`} close={close}>
      <form onSubmit={remove}>
        <h2>Delete this stream?</h2>
        <p class="stream-name">
          <bdi>{row.stream}</bdi>
        </p>
        <p>
          {count(row.lines)} lines, {bytes(row.bytes)} and {count(row.run)} {row.run === 1 ? "run" : "runs"}{" "}
          are gone for everybody, and cannot be brought back.
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
        {problem && (
          <p class="problem" role="alert">
            {problem}
          </p>
        )}
        <div class="modal-actions">
          <button type="button" onClick={close}>
            Keep it
          </button>
          <button
            type="submit"
            class="danger"
            disabled={busy || typed.trim() !== row.stream || status.value.kind !== "live"}
          >
            {busy ? "Deleting…" : "Delete"}
          </button>
        </div>
      </form>
    </Modal>
  );
}
