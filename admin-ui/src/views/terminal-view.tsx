// A terminal over the page: takes the control of the stream's command, and gives it back when it is left.

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { leaseOf } from "../control/leases";
import { pasteQuestion } from "../control/paste";
import { ask, changes, leases, newIdem } from "../control/state";
import { StreamTerminal } from "../control/terminal";
import { settings } from "../session/settings";
import { CutName } from "./cut-name";
import { LeaseActions, LeaseWords } from "./lease-actions";

export interface TerminalProps {
  name: string;
  close: () => void;
}

export function TerminalView({ name, close }: TerminalProps) {
  changes.value;
  const lease = leaseOf(name);
  const row = leases.get(lease);
  const mine = leases.isMine(row);
  const problem = useLease(lease);
  const [said, setSaid] = useState("");
  const [size, setSize] = useState("");
  useFocusBack();
  return (
    <section class="terminal" aria-label={`terminal of ${name}`}>
      <div class="terminal-head">
        <h2>
          <CutName name={name} />
        </h2>
        {mine && (
          <span class="quiet size" title="Columns × rows">
            {size}
          </span>
        )}
        {mine && (
          <span class="how">
            <kbd>~.</kbd> at a line's start or <kbd>Ctrl Shift Enter</kbd> leaves, and the command goes on
          </span>
        )}
        <button type="button" onClick={close}>
          Leave
        </button>
      </div>
      {said && (
        <p class="terminal-said" role="status">
          {said}
        </p>
      )}
      {mine && row ? (
        <Body key={row.fence} name={name} fence={row.fence} say={setSaid} sized={setSize} close={close} />
      ) : (
        <div class="terminal-lease">
          <p>
            <LeaseWords row={row} />
          </p>
          {/* Who has it is said above. */}
          {problem && !row && <p class="quiet">{problem}</p>}
          <LeaseActions name={lease} row={row} />
        </div>
      )}
    </section>
  );
}

/** Takes the lease where it is free, and gives back on leaving what was not had before. */
function useLease(lease: string): string {
  const [problem, setProblem] = useState("");
  useEffect(() => {
    if (leases.isMine(leases.get(lease))) return;
    let gone = false;
    const giveBack = () => {
      leases.giveUp(lease);
      // Who lost it meanwhile has nothing to give back.
      if (leases.isMine(leases.get(lease)))
        leases
          .release(lease)
          .catch((error: Error) => console.info("the lease ends by itself:", error.message));
    };
    leases.take(lease).then(
      () => gone && giveBack(),
      (error: Error) => setProblem(error.message),
    );
    return () => {
      gone = true;
      giveBack();
    };
  }, [lease]);
  return problem;
}

interface BodyProps extends TerminalProps {
  fence: number;
  say: (text: string) => void;
  sized: (text: string) => void;
}

function Body({ name, fence, say, sized, close }: BodyProps) {
  const host = useRef<HTMLDivElement>(null);
  const terminal = useRef<StreamTerminal | null>(null);
  const [pasting, setPasting] = useState<string | null>(null);
  useEffect(() => {
    if (!host.current) return;
    say("");
    const made = new StreamTerminal(host.current, name, fence, {
      over: say,
      leave: close,
      paste: setPasting,
      size: (rows, columns) => sized(`${columns} × ${rows}`),
    });
    terminal.current = made;
    greet(name).then(say, (error: Error) => say(error.message));
    return () => {
      terminal.current = null;
      made.dispose();
    };
  }, [name, fence]);
  useColours(terminal);
  const answer = (text: string | null) => {
    setPasting(null);
    if (text === null) terminal.current?.focus();
    else terminal.current?.paste(text);
  };
  return (
    <>
      {pasting !== null && <PasteQuestion text={pasting} answer={answer} />}
      <div class="terminal-host" ref={host} />
    </>
  );
}

/** Asks whether the command has a terminal of its own; says what is missing. */
async function greet(name: string): Promise<string> {
  const { reply } = await ask(name, "resize", { rows: 24, columns: 80 }, newIdem());
  const { done = true } = (reply ?? {}) as { done?: boolean };
  if (done) return "";
  return "This command has no terminal of its own: what you type is sent as it is, and not shown. Start it with hub run --control --pty.";
}

function PasteQuestion({ text, answer }: { text: string; answer: (text: string | null) => void }) {
  const first = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => first.current?.focus(), []);
  const question = pasteQuestion(text);
  const lines = question?.lines ?? 1;
  return (
    <div
      class="paste"
      role="alertdialog"
      aria-label="Paste"
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        answer(null);
      }}
    >
      <p>
        Paste {lines} {lines === 1 ? "line, or control characters" : "lines"}? They may run at once.
      </p>
      <pre dir="auto">{question?.preview}</pre>
      <div class="modal-actions">
        <button type="button" ref={first} onClick={() => answer(null)}>
          Don't paste
        </button>
        <button type="button" class="danger" onClick={() => answer(text)}>
          Paste
        </button>
      </div>
    </div>
  );
}

/** Keeps the terminal's colours to those of the page. */
function useColours(terminal: { current: StreamTerminal | null }): void {
  const theme = settings.theme.value;
  useEffect(() => {
    const changed = () => requestAnimationFrame(() => terminal.current?.recolour());
    changed();
    const system = matchMedia("(prefers-color-scheme: dark)");
    system.addEventListener("change", changed);
    return () => system.removeEventListener("change", changed);
  }, [theme]);
}

function useFocusBack(): void {
  useLayoutEffect(() => {
    const before = document.activeElement;
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
}
