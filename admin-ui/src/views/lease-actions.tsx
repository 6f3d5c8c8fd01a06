// What a lease is now, in words, and what this page may do about it.

import { useState } from "preact/hooks";
import { countdown, leaseWords, RENEWED_TTL_S } from "../control/leases";
import { changes, leases } from "../control/state";
import { connection, now, status } from "../session/page-state";
import { sessionWord } from "../session/people";
import { allows } from "../session/rights";
import type { LeaseRow } from "../wire/types";
import { Confirm, Reason } from "./confirm";
import { useAsked } from "./use-asked";

const TIMES: [number, string][] = [
  [RENEWED_TTL_S, "while this page is open"],
  [300, "5 minutes"],
  [900, "15 minutes"],
  [3600, "1 hour"],
];

type Asking = "hand-over" | "steal" | null;

/** The buttons for one lease; `row` is null while nobody has it. */
export function LeaseActions({ name, row }: { name: string; row: LeaseRow | undefined }) {
  const [ttl, setTtl] = useState(RENEWED_TTL_S);
  const [asking, setAsking] = useState<Asking>(null);
  const [problem, setProblem] = useState("");
  changes.value;
  const idle = status.value.kind !== "live";
  const act = (work: () => Promise<unknown>) => () => {
    setProblem("");
    work().catch((error: Error) => setProblem(error.message));
  };
  const waits = leases.waits.has(name);
  if (!leases.isLoaded) return null;
  return (
    <div class="lease-actions">
      {!row && (
        <>
          <button type="button" class="chief" disabled={idle} onClick={act(() => leases.take(name, ttl))}>
            Take control
          </button>
          <label>
            <span>for</span>{" "}
            <select
              value={String(ttl)}
              onChange={(event) => setTtl(Number(event.currentTarget.value))}
              aria-label="For how long"
            >
              {TIMES.map(([seconds, word]) => (
                <option key={seconds} value={String(seconds)}>
                  {word}
                </option>
              ))}
            </select>
          </label>
        </>
      )}
      {row && leases.isMine(row) && (
        <>
          <button type="button" disabled={idle} onClick={act(() => leases.release(name))}>
            Release
          </button>
          <button type="button" disabled={idle} onClick={() => setAsking("hand-over")}>
            Hand over…
          </button>
          {!leases.isRenewed(row) && (
            <button
              type="button"
              disabled={idle}
              onClick={act(() => leases.renew(name))}
              title="Lets it go on from now on for the same time"
            >
              Renew
            </button>
          )}
        </>
      )}
      {row && !leases.isMine(row) && (
        <>
          {waits ? (
            <button type="button" onClick={() => leases.giveUp(name)}>
              Wait no more
            </button>
          ) : (
            <button type="button" disabled={idle} onClick={() => leases.wait(name)}>
              Wait for it
            </button>
          )}
          <button type="button" class="danger" disabled={idle} onClick={() => setAsking("steal")}>
            Take it away…
          </button>
        </>
      )}
      {problem && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      {asking === "steal" && row && <Steal row={row} close={() => setAsking(null)} />}
      {asking === "hand-over" && row && <HandOver row={row} close={() => setAsking(null)} />}
    </div>
  );
}

/** Who holds a lease and for how long, and this page's place among those who wait. */
export function LeaseWords({ row }: { row: LeaseRow | undefined }) {
  changes.value;
  now.value;
  if (!leases.isLoaded) return <span class="quiet">{leases.problem || "Asking…"}</span>;
  if (!row) return <span class="state done">free</span>;
  const left = countdown(leases.left(row));
  const place = leases.placeOf(row);
  return (
    <>
      <span class={leases.isMine(row) ? "state live" : "state waiting"}>
        {leases.isMine(row) ? (
          "yours"
        ) : (
          <>
            held by <bdi>{row.principal}</bdi>
          </>
        )}
      </span>{" "}
      <span class="countdown">
        {leases.isRenewed(row) ? "renewed while this page is open" : `ends in ${left} unless it is renewed`}
      </span>
      {place !== null && (
        <strong class="place">
          {" "}
          You wait: place {place} of {row.waiters}
        </strong>
      )}
    </>
  );
}

function Steal({ row, close }: { row: LeaseRow; close: () => void }) {
  const [reason, setReason] = useState("");
  const before = row.waiters > 0 ? ` Whoever waits for it (${row.waiters}) goes on waiting.` : "";
  return (
    <Confirm
      label={`Take ${row.name} away`}
      title={`Take ${leaseWords(row.name)} away?`}
      act="Take it away"
      acting="Taking…"
      keep="Leave it"
      ready={reason.trim() !== ""}
      run={() => leases.steal(row.name, reason.trim())}
      close={close}
    >
      <p>
        <bdi>{row.principal}</bdi> (session <code>{row.session}</code>) holds it and is told that you took it,
        and why. What they send from then on is refused.{before}
      </p>
      <Reason value={reason} set={setReason} required />
    </Confirm>
  );
}

interface Heir {
  session: string;
  text: string;
}

function HandOver({ row, close }: { row: LeaseRow; close: () => void }) {
  const [to, setTo] = useState("");
  const { answer, problem } = useAsked(() => connection.call("session.list", { limit: 1000 }));
  const waiting: Heir[] = row.queue.map(({ session, principal }, index) => ({
    session,
    text: `${principal}, who waits (place ${index + 1})`,
  }));
  const known = new Set([row.session, ...waiting.map(({ session }) => session)]);
  const others: Heir[] = (answer?.sessions ?? [])
    .filter(
      (each) => each.kind === "client" && each.slots.includes("command") && allows(each.role, "operator"),
    )
    .filter(({ session }) => !known.has(session))
    .map((each) => ({
      session: each.session,
      text: `${each.principal}, ${sessionWord(each)}, ${each.session}`,
    }));
  return (
    <Confirm
      label={`Hand ${row.name} over`}
      title={`Hand ${leaseWords(row.name)} over?`}
      act="Hand it over"
      acting="Handing over…"
      ready={to !== ""}
      run={() => leases.handOver(row.name, to)}
      close={close}
    >
      <p>Whoever gets it has it at once, before all who wait, and is told that it is from you.</p>
      {problem && <p class="problem">{problem}</p>}
      {answer && waiting.length + others.length === 0 ? (
        <p class="quiet">Nobody else who may hold it is connected.</p>
      ) : (
        <label>
          To whom
          <select value={to} onChange={(event) => setTo(event.currentTarget.value)}>
            <option value="">Choose…</option>
            {waiting.length > 0 && <Heirs label="Waiting for it" heirs={waiting} />}
            {others.length > 0 && <Heirs label="Connected" heirs={others} />}
          </select>
        </label>
      )}
    </Confirm>
  );
}

function Heirs({ label, heirs }: { label: string; heirs: Heir[] }) {
  return (
    <optgroup label={label}>
      {heirs.map(({ session, text }) => (
        <option key={session} value={session}>
          {text}
        </option>
      ))}
    </optgroup>
  );
}
