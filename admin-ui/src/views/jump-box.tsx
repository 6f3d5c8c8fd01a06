// Going to a place that is said in words.

import { useState } from "preact/hooks";
import { parseTarget, type Target } from "../viewer/target";

const EXAMPLES = ["start", "end", "5 min ago", "yesterday 17:30", "line 1000", "#2", "@4096"];

export function JumpBox({ go, close }: { go: (target: Target) => void; close: () => void }) {
  const [text, setText] = useState("");
  const target = text.trim() ? parseTarget(text, Date.now()) : null;
  const wrong = text.trim() !== "" && target === null;
  return (
    <form
      class="go-to"
      aria-label="Go to"
      onSubmit={(event) => {
        event.preventDefault();
        if (!target) return;
        go(target);
        close();
      }}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        close();
      }}
    >
      <input
        ref={(input) => input?.focus()}
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
        placeholder="line, time, offset, run"
        aria-label="Line, time, offset or run"
        aria-invalid={wrong}
        aria-describedby="jump-help"
        spellcheck={false}
      />
      <button type="submit" disabled={!target}>
        Go
      </button>
      <p id="jump-help" class="quiet">
        {wrong ? "That is no place. Say for example: " : "For example: "}
        {EXAMPLES.map((each) => (
          <button type="button" class="word" key={each} onClick={() => setText(each)}>
            {each}
          </button>
        ))}
      </p>
    </form>
  );
}
