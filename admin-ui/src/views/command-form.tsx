// Says something to a stream's producer: ready buttons for what `hub run --control` understands, any command by hand,
// and what became of them.

import { useState } from "preact/hooks";
import { parseArgs, type Sent } from "../control/commanding";
import { leaseOf } from "../control/leases";
import { changes, commandingOf, leases } from "../control/state";
import { status } from "../session/page-state";
import { timeOfDay } from "../streams/format";
import { shellWord } from "../streams/send-commands";
import { Confirm } from "./confirm";
import { Copyable } from "./copyable";

interface Props {
  name: string;
  commands: string[] | null;
  openTerminal: () => void;
}

const SIGNALS: [string, string][] = [
  ["INT", "Interrupt, as Ctrl-C does"],
  ["TERM", "Ask it to end"],
];

export function CommandForm({ name, commands, openTerminal }: Props) {
  changes.value;
  if (commands === null) return <p class="quiet">Asking…</p>;
  if (commands.length === 0)
    return (
      <>
        <p class="quiet">Its producer takes no commands now. One that does:</p>
        <Copyable text={`hub run --control --pty --name ${shellWord(name)} -- bash`} />
        <History name={name} />
      </>
    );
  const row = leases.get(leaseOf(name));
  if (row && !leases.isMine(row))
    return (
      <>
        <p class="quiet">
          Only <bdi>{row.principal}</bdi>, who holds the control, may send commands now.
        </p>
        <History name={name} />
      </>
    );
  return (
    <>
      <Ready name={name} commands={commands} openTerminal={openTerminal} />
      {commands.includes("stdin") && <LineForm name={name} />}
      <AnyCommand name={name} commands={commands} />
      <History name={name} />
    </>
  );
}

function Ready({ name, commands, openTerminal }: Props & { commands: string[] }) {
  const [killing, setKilling] = useState(false);
  const idle = status.value.kind !== "live";
  return (
    <div class="ready">
      {commands.includes("stdin") && commands.includes("resize") && (
        <button type="button" class="chief" disabled={idle} onClick={openTerminal}>
          Terminal
        </button>
      )}
      {commands.includes("signal") &&
        SIGNALS.map(([signal, title]) => (
          <button
            type="button"
            key={signal}
            title={title}
            disabled={idle}
            onClick={() => commandingOf(name).send("signal", { name: signal })}
          >
            {signal}
          </button>
        ))}
      {commands.includes("signal") && (
        <button
          type="button"
          class="danger apart"
          title="End it at once"
          disabled={idle}
          onClick={() => setKilling(true)}
        >
          KILL…
        </button>
      )}
      {killing && <Kill name={name} close={() => setKilling(false)} />}
    </div>
  );
}

/** Asks: what is killed has no time to keep what it works at, and the button is near others. */
function Kill({ name, close }: { name: string; close: () => void }) {
  return (
    <Confirm
      label={`Kill ${name}`}
      title="Kill its process?"
      act="Kill it"
      acting="Killing…"
      keep="Let it run"
      run={() => commandingOf(name).send("signal", { name: "KILL" })}
      close={close}
    >
      <p>
        What writes <bdi class="stream-name">{name}</bdi> is ended at once: it cannot keep what it works at,
        nor clean up. TERM asks it to end.
      </p>
    </Confirm>
  );
}

function LineForm({ name }: { name: string }) {
  const [line, setLine] = useState("");
  const send = (event: SubmitEvent) => {
    event.preventDefault();
    commandingOf(name).send("stdin", { text: `${line}\n` });
    setLine("");
  };
  return (
    <form class="one-line" onSubmit={send}>
      <input
        type="text"
        aria-label="A line for its standard input"
        placeholder="A line for its standard input"
        autocomplete="off"
        spellcheck={false}
        dir="auto"
        value={line}
        onInput={(event) => setLine(event.currentTarget.value)}
      />
      <button type="submit" disabled={status.value.kind !== "live"}>
        Send
      </button>
    </form>
  );
}

function AnyCommand({ name, commands }: { name: string; commands: string[] }) {
  const [command, setCommand] = useState(commands[0] ?? "");
  const [args, setArgs] = useState("");
  const [seconds, setSeconds] = useState("10");
  const [problem, setProblem] = useState("");
  const chosen = commands.includes(command) ? command : (commands[0] ?? "");
  const send = (event: SubmitEvent) => {
    event.preventDefault();
    try {
      const parsed = parseArgs(chosen, args);
      setProblem("");
      commandingOf(name).send(chosen, parsed, Number(seconds));
    } catch (error) {
      setProblem((error as Error).message);
    }
  };
  return (
    <details class="any-command">
      <summary>Any command</summary>
      <form onSubmit={send}>
        <label>
          Command
          <select value={chosen} onChange={(event) => setCommand(event.currentTarget.value)}>
            {commands.map((each) => (
              <option key={each}>{each}</option>
            ))}
          </select>
        </label>
        <label>
          Time-out, s
          <input
            type="number"
            min="1"
            max="300"
            required
            value={seconds}
            onInput={(event) => setSeconds(event.currentTarget.value)}
          />
        </label>
        <label class="grow">
          Arguments: JSON, or words: level=3
          <textarea
            rows={2}
            spellcheck={false}
            value={args}
            onInput={(event) => setArgs(event.currentTarget.value)}
          />
        </label>
        <button type="submit" disabled={status.value.kind !== "live"}>
          Send command
        </button>
        {problem && (
          <p class="problem" role="alert">
            {problem}
          </p>
        )}
      </form>
    </details>
  );
}

const STATES: Record<Sent["state"], [string, string]> = {
  open: ["…", "state waiting"],
  done: ["✓ done", "state good"],
  refused: ["✗ not done", "state bad"],
  failed: ["✗ failed", "state bad"],
};

function History({ name }: { name: string }) {
  changes.value;
  const { sent } = commandingOf(name);
  if (sent.length === 0) return null;
  return (
    <ol class="sent" aria-label="Sent commands" aria-live="polite">
      {sent.map((each) => (
        <li key={each.id}>
          <span class={STATES[each.state][1]}>{STATES[each.state][0]}</span>{" "}
          <code>
            {each.command} {JSON.stringify(each.args)}
          </code>{" "}
          <span class="quiet">
            {timeOfDay(each.at)}
            {each.state === "open" ? "" : `, ${each.ms} ms`}
          </span>
          {each.text && <pre dir="auto">{each.text}</pre>}
        </li>
      ))}
    </ol>
  );
}
