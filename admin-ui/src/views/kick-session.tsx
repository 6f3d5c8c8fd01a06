// Asks whether a session shall really end, and for what reason.

import { useState } from "preact/hooks";
import { connection } from "../session/page-state";
import { Confirm, Reason } from "./confirm";

export interface Kicked {
  session: string;
  principal: string;
  /** What it is, in words. */
  word: string;
  /** The stream that it writes; null for who reads. */
  stream: string | null;
}

export function KickSession({ who, close }: { who: Kicked; close: () => void }) {
  const [reason, setReason] = useState("");
  const { session } = who;
  return (
    <Confirm
      label={`End session ${session}`}
      title="End this session?"
      act="End session"
      acting="Ending…"
      run={(idem) => connection.call("session.kick", { session, reason: reason.trim(), idem })}
      close={close}
    >
      <p>
        <code>{session}</code>, {who.word} of <bdi>{who.principal}</bdi>. Its connections are told why and
        closed, and it cannot come back.
        {who.stream && " The run of its stream ends; what it wrote is kept."}
      </p>
      <Reason value={reason} set={setReason} />
    </Confirm>
  );
}
