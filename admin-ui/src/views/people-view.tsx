// Who watches what and how far behind, and which sessions there are.

import { useEffect, useState } from "preact/hooks";
import { LIST, printPlace, streamPlace, withKeys } from "../session/address";
import { connection, now, who } from "../session/page-state";
import { hereWords, isName, lagOf, sessionWord } from "../session/people";
import { may } from "../session/rights";
import { age, count } from "../streams/format";
import type { PresenceAnswer, SessionRow, SessionsAnswer, WatcherRow } from "../wire/types";
import { KickSession } from "./kick-session";
import { type Column, Listing } from "./listing";
import { type Asked, useAsked } from "./use-asked";

export function PeopleView() {
  useEffect(() => {
    document.title = "People · Hub";
  }, []);
  const presence = useAsked(() => connection.call("presence.list", {}));
  return (
    <section class="people">
      <h1>People and programs</h1>
      <Watchers {...presence} />
      {may(who.value, "operator") ? (
        <Sessions />
      ) : (
        <p class="quiet">Sessions, and ending them, are for operators.</p>
      )}
    </section>
  );
}

function Watchers({ answer, problem }: Asked<PresenceAnswer>) {
  const watchers = answer?.watchers ?? [];
  return (
    <>
      <h2>
        Here <span class="chip">{answer ? count(answer.total - answer.away) : "…"}</span>
        {answer !== null && <span class="quiet"> {hereWords(answer)}</span>}
      </h2>
      {problem && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      {answer && watchers.length === 0 && <p class="quiet">Nobody is here now.</p>}
      {watchers.length > 0 && (
        <Listing
          label="Who watches"
          columns={WATCHERS}
          rows={watchers}
          id={(row, index) => row.session ?? `request-${index}`}
        />
      )}
    </>
  );
}

const WATCHERS: Column<WatcherRow>[] = [
  {
    head: "Who",
    cell: ({ principal, session }) => (
      <>
        <bdi>{principal}</bdi> <code class="quiet">{session ?? "request"}</code>
        {isMine(session) && <span class="chip">this page</span>}
      </>
    ),
  },
  {
    head: "State",
    cell: (row) => {
      const lag = lagOf(row);
      return (
        <span class={`state ${lag.tone}`}>
          <span aria-hidden="true">{lag.mark}</span> {lag.word}
        </span>
      );
    },
  },
  {
    head: "Watches",
    cell: ({ watches, streams }) => (
      <span class="watches">
        {watches.map((pattern) => (
          <Watched key={pattern} pattern={pattern} />
        ))}
        {streams > 1 && <span class="quiet">{count(streams)} streams</span>}
        {watches.length === 0 && <span class="none">–</span>}
      </span>
    ),
  },
  { head: "Over", cell: ({ via }) => via ?? "–" },
  { head: "Since", cell: ({ since }) => age(since, now.value) },
];

/** Whether a session is the one over which this page was told of it. */
function isMine(session: string | null): boolean {
  return session !== null && session === connection.session;
}

function Watched({ pattern }: { pattern: string }) {
  if (isName(pattern))
    return (
      <a href={printPlace(streamPlace(pattern))}>
        <code>{pattern}</code>
      </a>
    );
  const words = pattern.replaceAll("*", " ").trim();
  return (
    <a href={printPlace(withKeys(LIST, { q: words }))}>
      <code>{pattern}</code>
    </a>
  );
}

function sessionColumns(end: (row: SessionRow) => void): Column<SessionRow>[] {
  return [
    {
      head: "Session",
      cell: ({ session }) => (
        <>
          <code>{session}</code>
          {isMine(session) && <span class="chip">this page</span>}
        </>
      ),
    },
    { head: "What", cell: (row) => <What row={row} /> },
    {
      head: "Who",
      cell: ({ principal, role }) => (
        <>
          <bdi>{principal}</bdi> {role !== "none" && <span class="quiet">as {role}</span>}
        </>
      ),
    },
    {
      head: "From",
      cell: ({ peer, via }) => (
        <>
          {peer ?? "–"} <span class="quiet">{via}</span>
        </>
      ),
    },
    {
      head: "Since",
      cell: ({ attached, since, detached_at }) => age(attached ? since : (detached_at ?? since), now.value),
    },
    {
      head: "Actions",
      acts: true,
      cell: (row) => (
        <button type="button" onClick={() => end(row)} aria-label={`End session ${row.session}`}>
          End…
        </button>
      ),
    },
  ];
}

function What({ row }: { row: SessionRow }) {
  return (
    <>
      {sessionWord(row)}{" "}
      {row.stream && (
        <a href={printPlace(streamPlace(row.stream))}>
          <code>{row.stream}</code>
        </a>
      )}
      {row.subscriptions > 0 && (
        <span class="quiet">
          {count(row.subscriptions)} {row.subscriptions === 1 ? "subscription" : "subscriptions"}
        </span>
      )}
    </>
  );
}

function Sessions() {
  const { answer, problem, again } = useAsked<SessionsAnswer>(() => connection.call("session.list", {}));
  const [kicked, setKicked] = useState<SessionRow | null>(null);
  return (
    <>
      <h2>
        Sessions <span class="chip">{answer ? count(answer.total) : "…"}</span>
      </h2>
      {problem && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      <Listing
        label="Sessions"
        columns={sessionColumns(setKicked)}
        rows={answer?.sessions ?? []}
        id={({ session }) => session}
      />
      {kicked && (
        <KickSession
          who={{ ...kicked, word: sessionWord(kicked) }}
          close={() => {
            setKicked(null);
            again();
          }}
        />
      )}
    </>
  );
}
