// The terminal, whose code is large, comes when one is opened for the first time.

import type { FunctionComponent } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { TerminalProps } from "./terminal-view";

export function TerminalLoader(props: TerminalProps) {
  const [View, setView] = useState<FunctionComponent<TerminalProps> | null>(null);
  const [problem, setProblem] = useState("");
  useEffect(() => {
    import("./terminal-view").then(
      ({ TerminalView }) => setView(() => TerminalView),
      () => setProblem("The terminal could not be loaded. Load the page again when the hub is reached."),
    );
  }, []);
  if (View) return <View {...props} />;
  return (
    <section class="terminal" aria-label={`terminal of ${props.name}`}>
      <div class="terminal-head">
        <p class="quiet">{problem || "Loading the terminal…"}</p>
        <button type="button" onClick={props.close}>
          Leave
        </button>
      </div>
    </section>
  );
}
