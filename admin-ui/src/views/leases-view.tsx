// All leases: who holds what until when, who waits, and what one may do about it.

import { useEffect, useState } from "preact/hooks";
import { leaseOf, streamOf } from "../control/leases";
import { changes, leases } from "../control/state";
import { printPlace, streamPlace } from "../session/address";
import { now, who } from "../session/page-state";
import { may } from "../session/rights";
import { age, count } from "../streams/format";
import type { LeaseRow } from "../wire/types";
import { Copyable } from "./copyable";
import { LeaseActions, LeaseWords } from "./lease-actions";
import { type Column, Listing } from "./listing";

export function LeasesView() {
  useEffect(() => {
    document.title = "Leases · Hub";
  }, []);
  changes.value;
  if (!may(who.value, "operator"))
    return (
      <section class="people leases">
        <h1>Leases</h1>
        <p class="quiet">
          Leases are for operators. Whoever holds the lease of a stream is the only one who may send commands
          to its producer.
        </p>
      </section>
    );
  const rows = leases.all;
  return (
    <section class="people leases">
      <h1>
        Leases <span class="chip">{leases.isLoaded ? count(rows.length) : "…"}</span>
      </h1>
      {leases.problem && (
        <p class="problem" role="alert">
          {leases.problem}
        </p>
      )}
      {leases.isLoaded && rows.length === 0 && (
        <>
          <p class="quiet">
            Nobody holds anything now. A stream's control is taken at the stream, any other name below, or
            both at a shell:
          </p>
          <ul class="steps-to-copy">
            {COMMANDS.map(([text, command]) => (
              <li key={command}>
                <span class="quiet">{text}</span>
                <Copyable text={command} />
              </li>
            ))}
          </ul>
        </>
      )}
      {rows.length > 0 && (
        <Listing label="All leases" columns={COLUMNS} rows={rows} id={({ name }) => name} />
      )}
      <TakeName />
    </section>
  );
}

const COMMANDS: [string, string][] = [
  ["Control what runs under hub run --control --pty", "hub attach ci/build-42"],
  ["Hold a name while a command runs", "hub lease run printer -- make"],
];

const COLUMNS: Column<LeaseRow>[] = [
  { head: "Lease", cell: ({ name }) => <LeaseName name={name} /> },
  {
    head: "State",
    cell: (row) => (
      <>
        <LeaseWords row={row} /> <code class="quiet">{row.session}</code>
      </>
    ),
  },
  { head: "Fence", cell: ({ fence }) => fence },
  { head: "Since", cell: ({ since }) => age(since, now.value) },
  { head: "Waiting", cell: (row) => <Waiting row={row} /> },
  { head: "Actions", acts: true, cell: (row) => <LeaseActions name={row.name} row={row} /> },
];

function LeaseName({ name }: { name: string }) {
  const stream = streamOf(name);
  if (stream === null) return <code>{name}</code>;
  return (
    <a href={printPlace(streamPlace(stream, { control: "on" }))}>
      <code>{name}</code>
    </a>
  );
}

/** Who waits, those that are known by name. */
export function Waiting({ row }: { row: LeaseRow }) {
  if (row.waiters === 0) return <span class="quiet">nobody</span>;
  const rest = row.waiters - row.queue.length;
  return (
    <span class="waiting-names">
      {row.queue.map(({ session, principal }, index) => (
        <span key={session} title={`session ${session}`}>
          {index + 1}. <bdi>{principal}</bdi>
        </span>
      ))}
      {rest > 0 && <span class="quiet">and {count(rest)} more</span>}
    </span>
  );
}

/** Takes a name that nobody holds, or says who does. */
function TakeName() {
  const [name, setName] = useState("");
  const [problem, setProblem] = useState("");
  const take = (event: SubmitEvent) => {
    event.preventDefault();
    const wanted = name.trim();
    leases.take(wanted).then(
      () => {
        setName("");
        setProblem("");
      },
      (error: Error) => setProblem(error.message),
    );
  };
  return (
    <form class="take-name" onSubmit={take}>
      <label>
        <span>Take a lease by its name</span>
        <input
          type="text"
          autocomplete="off"
          spellcheck={false}
          maxLength={207}
          placeholder={`printer, or ${leaseOf("ci/build-42")}`}
          value={name}
          onInput={(event) => setName(event.currentTarget.value)}
        />
      </label>
      <button type="submit" disabled={!name.trim()}>
        Take
      </button>
      {problem && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
    </form>
  );
}
