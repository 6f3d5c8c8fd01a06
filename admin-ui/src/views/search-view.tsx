// Looking for lines in many streams, or in everything: what, where and when, all of it in the address.

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { type Matcher, prepare, readQuery } from "../find/query";
import { NO_SEARCH, SearchAll, type SearchState, type Wish } from "../find/search-all";
import { connection, place, setKeys } from "../session/page-state";
import { bytes, count } from "../streams/format";
import { parseTarget } from "../viewer/target";
import { Copyable } from "./copyable";
import { QueryInput } from "./query-input";
import { Results } from "./search-results";

export function SearchView() {
  const { keys } = place.value;
  const query = readQuery("q", keys);
  const { matcher, problem } = useMemo(() => prepare(query), [query.text, query.regex, query.exact]);
  const times = { since: timeOf(keys.since), until: timeOf(keys.until) };
  const [search, state] = useSearch();
  const box = useRef<HTMLInputElement>(null);
  const [shown, setShown] = useState<Matcher | null>(null);
  const ready = matcher !== null && times.since !== "wrong" && times.until !== "wrong";
  const begin = () => {
    const wish = ready && wishOf(matcher, keys, times);
    if (!wish) return;
    setShown(matcher);
    search.begin(wish);
  };
  useEffect(() => {
    document.title = "Search · Hub";
    box.current?.focus();
    // An address that somebody gave says all that is to be looked for.
    if (ready) connection.whenLive().then(begin);
  }, []);
  return (
    <section class="search">
      <h1 class="hidden">Search</h1>
      <form
        class="find-bar"
        onSubmit={(event) => {
          event.preventDefault();
          begin();
        }}
      >
        <QueryInput name="q" label="Lines with" problem={problem} box={box} enter={begin} />
        <Field
          name="in"
          label="In streams"
          hint="all streams"
          title="A name, or a pattern: ci/* within, ci/** all below"
        />
        <Field
          name="since"
          label="Since"
          hint="the beginning"
          title="5 min ago, yesterday 17:30, 2026-11-24 12:00"
          wrong={times.since === "wrong"}
        />
        <Field
          name="until"
          label="Until"
          hint="now"
          title="A time, as since"
          wrong={times.until === "wrong"}
        />
        <button type="submit" class="main" disabled={!ready}>
          Search
        </button>
        {state.busy && (
          <button type="button" onClick={() => search.stop()}>
            Stop
          </button>
        )}
      </form>
      <p class="search-state" role="status">
        <StateText state={state} />
      </p>
      {state.problem && (
        <p class="search-state problem" role="alert">
          {state.problem}
        </p>
      )}
      {begun(state) || <AtAShell />}
      <Results state={state} matcher={shown} more={() => search.more()} />
    </section>
  );
}

function useSearch(): [SearchAll, SearchState] {
  const [state, setState] = useState(NO_SEARCH);
  const search = useMemo(
    () => new SearchAll((params, watch) => connection.call("stream.search", params, watch), setState),
    [],
  );
  useEffect(() => () => search.stop(), [search]);
  return [search, state];
}

type Time = number | null | "wrong";

/** A time that was said in words; null for none. */
function timeOf(text: string | undefined): Time {
  if (!text?.trim()) return null;
  const target = parseTarget(text, Date.now());
  return target?.kind === "time" ? target.at : "wrong";
}

function wishOf(
  { query }: Matcher,
  keys: Record<string, string>,
  times: { since: Time; until: Time },
): Wish | null {
  const { since, until } = times;
  if (since === "wrong" || until === "wrong") return null;
  const pattern = keys.in?.trim() || "**";
  return { query: query.text, regex: query.regex, case: query.exact, pattern, from: since, to: until };
}

interface FieldProps {
  name: string;
  label: string;
  hint: string;
  title: string;
  wrong?: boolean;
}

function Field({ name, label, hint, title, wrong = false }: FieldProps) {
  return (
    <label class="field" title={title}>
      <span>{label}</span>
      <input
        value={place.value.keys[name] ?? ""}
        onInput={(event) => setKeys({ [name]: event.currentTarget.value })}
        placeholder={hint}
        aria-invalid={wrong}
        spellcheck={false}
        autocapitalize="off"
        autocomplete="off"
      />
      {wrong && (
        <span class="problem" role="alert">
          Say a time, such as “2 h ago”
        </span>
      )}
    </label>
  );
}

function begun({ busy, hits, stopped, bytes: scanned, problem }: SearchState): boolean {
  return busy || hits > 0 || stopped || scanned > 0 || problem !== "";
}

function AtAShell() {
  return (
    <ul class="steps-to-copy in-search">
      <li>
        <span class="quiet">The same at a shell</span>
        <Copyable text="hub grep -i timeout 'ci/**' --since 2h" />
      </li>
    </ul>
  );
}

function StateText({ state }: { state: SearchState }) {
  const { busy, hits, groups, streams, of, bytes: scanned, full, stopped, more } = state;
  if (!begun({ ...state, problem: "" }))
    return (
      <span class="quiet">
        All that is kept is searched. For example: lines with “timeout” in <code>ci/**</code>, since “2 h
        ago”.
      </span>
    );
  const found = `${count(hits)}${more || busy || full ? "+" : ""} ${hits === 1 ? "line" : "lines"} in ${count(groups.length)} ${groups.length === 1 ? "stream" : "streams"}`;
  return (
    <>
      {busy && <span class="quiet">Searching … </span>}
      {!busy && hits === 0 && !stopped ? "Not found in anything that is kept" : found}
      <span class="quiet">
        {of > 0 && busy && `, stream ${count(streams)} of ${count(of)}`}
        {scanned > 0 && `, ${bytes(scanned)} looked through`}
        {stopped && ", stopped"}
        {full && ". So many are shown at most: narrow the search to see others."}
      </span>
    </>
  );
}
