// Over a stream's text: who controls it, what is said to its producer, who watches, and marks.

import { useEffect, useState } from "preact/hooks";
import { countdown, leaseOf } from "../control/leases";
import { chosenPart } from "../control/panel-parts";
import { changes, leases } from "../control/state";
import { connection, now, place, setKeys, status, streams, version, who } from "../session/page-state";
import { may } from "../session/rights";
import type { LeaseRow } from "../wire/types";
import { CommandForm } from "./command-form";
import { LeaseActions, LeaseWords } from "./lease-actions";
import { Waiting } from "./leases-view";
import { Part } from "./panel-part";
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
          <Part part="control" title="Control">
            <p class="quiet">Controlling a stream, sending commands and marking it are for operators.</p>
          </Part>
        )}
        {allowed && (
          <Part part="commands" title="Commands">
            <CommandForm name={name} commands={commands} openTerminal={openTerminal} />
          </Part>
        )}
        <StreamWatchers name={name} />
        <StreamMarks name={name} goTo={goTo} />
      </div>
      {terminal && <TerminalLoader name={name} close={() => setKeys({ control: "on" })} />}
    </aside>
  );
}

/** Whoever leaves it comes back to the part where it was opened. */
function openTerminal(): void {
  chosenPart.value = "commands";
  setKeys({ control: "terminal" });
}

function leaseShort(row: LeaseRow | undefined): string {
  if (!leases.isLoaded) return "";
  if (!row) return "free";
  return leases.isMine(row) ? "yours" : "held";
}

function Lease({ name }: { name: string }) {
  changes.value;
  const row = leases.get(leaseOf(name));
  return (
    <Part part="control" title="Control" shut={leaseShort(row)}>
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
