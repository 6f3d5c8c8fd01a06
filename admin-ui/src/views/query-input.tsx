// A box for what somebody looks for, with its two switches: regular expression, and upper and lower case.

import type { RefObject } from "preact";
import { printQuery, type Query, readQuery } from "../find/query";
import { place, setKeys } from "../session/page-state";

interface Props {
  /** The key of the address that holds it. */
  name: string;
  label: string;
  problem: string;
  /** A word before it, for a box that stands beside others: what it is for is to be seen when it is filled, too. */
  before?: string;
  box?: RefObject<HTMLInputElement | null>;
  /** Enter was pressed. */
  enter?(shift: boolean): void;
}

export function QueryInput({ name, label, problem, before, box, enter }: Props) {
  const query = readQuery(name, place.value.keys);
  const change = (part: Partial<Query>) => setKeys(printQuery(name, { ...query, ...part }));
  const trouble = `${name}-problem`;
  return (
    <span class={before ? "query with-word" : "query"}>
      {before && (
        <span class="quiet before" aria-hidden="true">
          {before}
        </span>
      )}
      <input
        ref={box ?? null}
        value={query.text}
        onInput={(event) => change({ text: event.currentTarget.value })}
        onKeyDown={(event) => {
          if (event.key !== "Enter" || !enter) return;
          event.preventDefault();
          enter(event.shiftKey);
        }}
        placeholder={label}
        aria-label={label}
        aria-invalid={problem !== ""}
        aria-describedby={problem ? trouble : undefined}
        spellcheck={false}
        autocapitalize="off"
        autocomplete="off"
      />
      <Toggle
        on={query.regex}
        text=".*"
        title="Regular expression (RE2)"
        flip={() => change({ regex: !query.regex })}
      />
      <Toggle
        on={query.exact}
        text="Aa"
        title="Upper and lower case differ"
        flip={() => change({ exact: !query.exact })}
      />
      {problem && (
        <span id={trouble} class="problem" role="alert">
          {problem}
        </span>
      )}
    </span>
  );
}

function Toggle({ on, text, title, flip }: { on: boolean; text: string; title: string; flip(): void }) {
  return (
    <button type="button" class="toggle" aria-pressed={on} aria-label={title} title={title} onClick={flip}>
      {text}
    </button>
  );
}
