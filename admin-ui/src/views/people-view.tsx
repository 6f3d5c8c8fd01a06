// Who watches what and how far behind, and which sessions there are.

import { useEffect, useState } from "preact/hooks";
import { LIST, printPlace, streamPlace, withKeys } from "../session/address";
import { connection, now, who } from "../session/page-state";
import { isName, lagOf, sessionWord } from "../session/people";
import { may } from "../session/rights";
import { age, count } from "../streams/format";
import type { PresenceAnswer, SessionRow, SessionsAnswer } from "../wire/types";
import { KickSession } from "./kick-session";
import { Scrolled } from "./scrolled";
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
        Watching <span class="chip">{answer ? count(answer.total - answer.away) : "…"}</span>
        {answer !== null && answer.away > 0 && (
          <span class="quiet"> and {count(answer.away)} away, who may come back</span>
        )}
      </h2>
      {problem && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      {answer && watchers.length === 0 && <p class="quiet">Nobody watches anything now.</p>}
      {watchers.length > 0 && (
        <Scrolled label="Who watches">
          <thead>
            <tr>
              <th scope="col">Who</th>
              <th scope="col">State</th>
              <th scope="col">Watches</th>
              <th scope="col">Over</th>
              <th scope="col">Since</th>
            </tr>
          </thead>
          <tbody>
            {watchers.map((row, index) => {
              const lag = lagOf(row);
              return (
                <tr key={row.session ?? `request-${index}`}>
                  <th scope="row">
                    <bdi>{row.principal}</bdi> <code class="quiet">{row.session ?? "request"}</code>
                    {isMine(row.session) && <span class="chip">this page</span>}
                  </th>
                  <td>
                    <span class={`state ${lag.tone}`}>
                      <span aria-hidden="true">{lag.mark}</span> {lag.word}
                    </span>
                  </td>
                  <td class="watches">
                    {row.watches.map((pattern) => (
                      <Watched key={pattern} pattern={pattern} />
                    ))}
                    {row.streams > 1 && <span class="quiet">{count(row.streams)} streams</span>}
                  </td>
                  <td>{row.via ?? "–"}</td>
                  <td>{age(row.since, now.value)}</td>
                </tr>
              );
            })}
          </tbody>
        </Scrolled>
      )}
    </>
  );
}

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
      <Scrolled label="Sessions">
        <thead>
          <tr>
            <th scope="col">Session</th>
            <th scope="col">What</th>
            <th scope="col">Who</th>
            <th scope="col">From</th>
            <th scope="col">Since</th>
            <th scope="col">
              <span class="hidden">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {answer?.sessions.map((row) => (
            <tr key={row.session}>
              <th scope="row">
                <code>{row.session}</code>
                {isMine(row.session) && <span class="chip">this page</span>}
              </th>
              <td>
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
              </td>
              <td>
                <bdi>{row.principal}</bdi> <span class="quiet">as {row.role}</span>
              </td>
              <td>
                {row.peer ?? "–"} <span class="quiet">{row.via}</span>
              </td>
              <td>{age(row.attached ? row.since : (row.detached_at ?? row.since), now.value)}</td>
              <td>
                <button
                  type="button"
                  onClick={() => setKicked(row)}
                  aria-label={`End session ${row.session}`}
                >
                  End…
                </button>
              </td>
            </tr>
          ))}
        </tbody>
      </Scrolled>
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
