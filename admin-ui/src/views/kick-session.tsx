// Asks whether a session shall really end, and for what reason.

import { useState } from "preact/hooks";
import { connection } from "../session/page-state";
import { sessionWord } from "../session/people";
import type { SessionRow } from "../wire/types";
import { Modal } from "./modal";

export function KickSession({ row, close }: { row: SessionRow; close: () => void }) {
  const [reason, setReason] = useState("");
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const [idem] = useState(() => crypto.getRandomValues(new Uint32Array(4)).join("-"));
  const kick = (event: SubmitEvent) => {
    event.preventDefault();
    setBusy(true);
    connection
      .call("session.kick", { session: row.session, reason: reason.trim(), idem })
      .then(close, (error: Error) => {
        setProblem(error.message);
        setBusy(false);
      });
  };
  return (
    <Modal label={`End session ${row.session}`} close={close}>
      <form onSubmit={kick}>
        <h2>End this session?</h2>
        <p>
          <code>{row.session}</code>, {sessionWord(row)} of <bdi>{row.principal}</bdi>. Its connections are
          told why and closed, and it cannot come back.
          {row.stream && " The run of its stream ends; what it wrote is kept."}
        </p>
        <label>
          Reason, told to whom it was
          <input
            type="text"
            maxLength={200}
            dir="auto"
            value={reason}
            onInput={(event) => setReason(event.currentTarget.value)}
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
          <button type="submit" class="danger" disabled={busy}>
            End session
          </button>
        </div>
      </form>
    </Modal>
  );
}
