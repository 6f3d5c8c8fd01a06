// The bar that says which lines of a stream are shown, and how many are not.

import { useLayoutEffect, useRef } from "preact/hooks";
import { printPlace } from "../session/address";
import { place, setKeys } from "../session/page-state";
import { count } from "../streams/format";
import { clearFilter } from "./filter-keys";
import { QueryInput } from "./query-input";

const LEVELS = [
  ["", "Any level"],
  ["info", "Info and worse"],
  ["warn", "Warnings and errors"],
  ["error", "Errors"],
];
const CHANNELS = [
  ["", "Both outputs"],
  ["out", "Standard output"],
  ["err", "Standard error"],
];

interface Props {
  /** The stream, or all that are one text. */
  names: readonly string[];
  /** Which of several panes, which share the filter, is counted; empty where there is only one. */
  where: string;
  problems: { include: string; exclude: string };
  filters: boolean;
  counted: { lines: number; left: number };
  /** Somebody opened it, to type. */
  focus: boolean;
  close(): void;
}

export function FilterBar({ names, where, problems, filters, counted, focus, close }: Props) {
  const box = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => {
    if (focus) box.current?.focus();
  }, []);
  const { keys } = place.value;
  // Where several are one text, a pattern of all of them would have others as well.
  const only = names.length === 1 ? names[0] : undefined;
  return (
    <search
      class="find-bar"
      aria-label={where ? "Lines that are shown in all panes" : "Lines that are shown"}
    >
      {where && <b class="shared">All panes:</b>}
      <QueryInput name="has" label="Only lines with" before="Only" problem={problems.include} box={box} />
      <QueryInput name="not" label="No lines with" before="Not" problem={problems.exclude} />
      <Choice name="level" label="Level" options={LEVELS} />
      <Choice name="ch" label="Output" options={CHANNELS} />
      <span class="found" role="status">
        {filters && where && <span class="quiet">{where}:</span>}
        {filters && <LeftOut {...counted} />}
      </span>
      {filters && (
        <button type="button" onClick={clearFilter} title="Show all lines again, at this place">
          See in context
        </button>
      )}
      {keys.has && only !== undefined && (
        <a
          href={searchAddress(only, keys)}
          title="In all that is kept of this stream, not only in the lines held here"
        >
          Search its history
        </a>
      )}
      <button
        type="button"
        class="plain close"
        onClick={close}
        aria-label="Close the filter"
        title="Close (Esc)"
      >
        ×
      </button>
    </search>
  );
}

function LeftOut({ lines, left }: { lines: number; left: number }) {
  return (
    <>
      <b>{count(left)}</b> of the {count(lines)} lines held {left === 1 ? "is" : "are"} left out
    </>
  );
}

function searchAddress(name: string, { has = "", "has.as": how = "" }: Record<string, string>): string {
  return printPlace({ view: "search", names: [], keys: { q: has, "q.as": how, in: name } });
}

function Choice({ name, label, options }: { name: string; label: string; options: string[][] }) {
  return (
    <select
      aria-label={label}
      value={place.value.keys[name] ?? ""}
      onChange={(event) => setKeys({ [name]: event.currentTarget.value })}
    >
      {options.map(([value, text]) => (
        <option key={value} value={value}>
          {text}
        </option>
      ))}
    </select>
  );
}
