// Over a stream's text: who controls it, what is said to its producer, who watches, and marks.

import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { countdown, leaseOf } from "../control/leases";
import { changes, leases } from "../control/state";
import { connection, now, place, setKeys, status, streams, version, who } from "../session/page-state";
import { may } from "../session/rights";
import { CommandForm } from "./command-form";
import { LeaseActions, LeaseWords } from "./lease-actions";
import { Waiting } from "./leases-view";
import { StreamMarks } from "./stream-marks";
import { StreamWatchers } from "./stream-watchers";
import { TerminalLoader } from "./terminal-loader";

interface Props {
  name: string;
  /** Shows the text of an offset. */
  goTo: (offset: number) => void;
}

/** What the head of a stream says of its control. */
export function LeaseBadge({ name }: { name: string }) {
  changes.value;
  now.value;
  const row = leases.get(leaseOf(name));
  if (!row) return <>Control</>;
  const left = countdown(leases.left(row));
  const place = leases.placeOf(row);
  if (leases.isMine(row)) return <>◆ You control{leases.isRenewed(row) ? "" : ` · ${left}`}</>;
  return (
    <>
      ◇ <bdi>{row.principal}</bdi> controls · {left}
      {place === null ? "" : ` · you wait, place ${place}`}
    </>
  );
}

export function ControlPanel({ name, goTo }: Props) {
  const allowed = may(who.value, "operator");
  const commands = useCommands(name);
  const terminal = place.value.keys.control === "terminal" && allowed;
  return (
    <aside class="control" aria-label={`control of ${name}`}>
      <div class="control-parts">
        {allowed ? (
          <Lease name={name} />
        ) : (
          <Part title="Control">
            <p class="quiet">Controlling a stream, sending commands and marking it are for operators.</p>
          </Part>
        )}
        {allowed && (
          <Part title="Commands">
            <CommandForm
              name={name}
              commands={commands}
              openTerminal={() => setKeys({ control: "terminal" })}
            />
          </Part>
        )}
        <Part title="Watching">
          <StreamWatchers name={name} />
        </Part>
        <Part title="Marks">
          <StreamMarks name={name} goTo={goTo} />
        </Part>
      </div>
      {terminal && <TerminalLoader name={name} close={() => setKeys({ control: "on" })} />}
    </aside>
  );
}

function Part({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <section class="control-part">
      <h2>{title}</h2>
      {children}
    </section>
  );
}

function Lease({ name }: { name: string }) {
  changes.value;
  const row = leases.get(leaseOf(name));
  return (
    <Part title="Control">
      <p>
        <LeaseWords row={row} />
      </p>
      {row ? (
        row.waiters > 0 && (
          <p>
            <span class="quiet">Waiting:</span> <Waiting row={row} />
          </p>
        )
      ) : (
        <p class="quiet">Anybody may send commands. Whoever takes control is the only one who may.</p>
      )}
      <LeaseActions name={leaseOf(name)} row={row} />
    </Part>
  );
}

/** The commands that the stream's producer takes now; null while that is not known. */
function useCommands(name: string): string[] | null {
  const [commands, setCommands] = useState<string[] | null>(null);
  version.value;
  const row = streams.get(name);
  const live = status.value.kind === "live";
  useEffect(() => {
    if (!live) return;
    let gone = false;
    connection.call("stream.stats", { stream: name }).then(
      (answer) => !gone && setCommands("commands" in answer ? answer.commands : []),
      () => !gone && setCommands([]),
    );
    return () => {
      gone = true;
    };
  }, [name, live, row?.state, row?.run]);
  return commands;
}
