// The reader's own highlight rules, to be made and changed.

import { useEffect, useRef, useState } from "preact/hooks";
import { addRule, COLOURS, changeRule, dropRule, MOST_RULES, type Rule, rules } from "../find/highlights";
import { prepare } from "../find/query";

export function HighlightRules({ close }: { close(): void }) {
  const [text, setText] = useState("");
  const [regex, setRegex] = useState(false);
  const box = useRef<HTMLInputElement>(null);
  useEffect(() => box.current?.focus(), []);
  const query = { text, regex, exact: false };
  const { problem } = prepare(query);
  const full = rules.value.length >= MOST_RULES;
  return (
    <section class="rules find-bar" aria-label="Highlight rules">
      {rules.value.map((rule, index) => (
        <RuleLine key={index} rule={rule} index={index} />
      ))}
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (!text || problem || full) return;
          addRule(query);
          setText("");
        }}
      >
        <span class="query">
          <input
            ref={box}
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
            placeholder="Highlight everywhere"
            aria-label="What is to stand out in every stream"
            aria-invalid={problem !== ""}
            spellcheck={false}
          />
          <button
            type="button"
            class="toggle"
            aria-pressed={regex}
            aria-label="Regular expression (RE2)"
            title="Regular expression (RE2)"
            onClick={() => setRegex(!regex)}
          >
            .*
          </button>
          {problem && (
            <span class="problem" role="alert">
              {problem}
            </span>
          )}
        </span>
        <button type="submit" disabled={!text || problem !== "" || full}>
          Add
        </button>
        {full && <span class="quiet">There are at most {MOST_RULES} rules.</span>}
      </form>
      <span class="found quiet">This browser keeps them, for all streams.</span>
      <button type="button" class="plain close" onClick={close} aria-label="Close the highlight rules">
        ×
      </button>
    </section>
  );
}

function RuleLine({ rule, index }: { rule: Rule; index: number }) {
  return (
    <span class="rule">
      <code class={`own ${rule.colour}`}>{rule.text}</code>
      <select
        aria-label={`Colour of ${rule.text}`}
        value={rule.colour}
        onChange={(event) => changeRule(index, { colour: event.currentTarget.value as Rule["colour"] })}
      >
        {COLOURS.map((colour) => (
          <option key={colour}>{colour}</option>
        ))}
      </select>
      <button type="button" class="plain" onClick={() => dropRule(index)} aria-label={`Remove ${rule.text}`}>
        ×
      </button>
    </span>
  );
}
