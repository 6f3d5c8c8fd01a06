// Who watches one stream and how far behind they are; whoever may ends their session.

import { useState } from "preact/hooks";
import { connection, now, who } from "../session/page-state";
import { lagOf, watchingWords } from "../session/people";
import { may } from "../session/rights";
import { age, count } from "../streams/format";
import { type Kicked, KickSession } from "./kick-session";
import { Part } from "./panel-part";
import { useAsked } from "./use-asked";

const MOST = 100;

export function StreamWatchers({ name }: { name: string }) {
  const { answer, problem, again } = useAsked(() =>
    connection.call("presence.list", { stream: name, limit: MOST }),
  );
  const [kicked, setKicked] = useState<Kicked | null>(null);
  const rows = answer?.watchers ?? [];
  return (
    <Part part="watching" title="Watching" short={answer ? watchingWords(answer) : ""}>
      {problem && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      {!answer && !problem && <p class="quiet">Asking…</p>}
      {answer && rows.length === 0 && <p class="quiet">Nobody.</p>}
      <ul class="watchers">
        {rows.map(({ session, ...row }, index) => {
          const lag = lagOf({ session, ...row });
          const mine = session !== null && session === connection.session;
          return (
            <li key={session ?? `request-${index}`}>
              <div>
                <bdi>{row.principal}</bdi> {mine && <span class="chip">this page</span>}
                <span class={`state ${lag.tone}`}>
                  <span aria-hidden="true">{lag.mark}</span> {lag.word}
                </span>
                <span class="quiet">
                  {row.via ? `${row.via}, ` : ""}
                  {age(row.since, now.value)}
                </span>
              </div>
              {session !== null && !mine && may(who.value, "operator") && (
                <button
                  type="button"
                  aria-label={`End session ${session} of ${row.principal}`}
                  onClick={() =>
                    setKicked({ session, principal: row.principal, word: "who watches", stream: null })
                  }
                >
                  End…
                </button>
              )}
            </li>
          );
        })}
      </ul>
      {answer && answer.total > rows.length && (
        <p class="quiet">and {count(answer.total - rows.length)} more, who are less far behind</p>
      )}
      {kicked && (
        <KickSession
          who={kicked}
          close={() => {
            setKicked(null);
            again();
          }}
        />
      )}
    </Part>
  );
}
