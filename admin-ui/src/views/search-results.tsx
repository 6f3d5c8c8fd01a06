// Lines that were found, under their streams, each a link to its place.

import { useState } from "preact/hooks";
import { type Matcher, printQuery } from "../find/query";
import { type Group, MOST_HITS, type SearchState } from "../find/search-all";
import { printPlace, streamPlace } from "../session/address";
import { count, timeOfDay } from "../streams/format";
import { plainText } from "../viewer/ansi";
import { piecesOf } from "../viewer/line-rules";
import type { HitRow } from "../wire/types";

/** Of a stream at first: one noisy stream is not to hide the others. */
const SHOWN_AT_FIRST = 5;
const BEFORE = 60;
const LONGEST = 400;

interface Props {
  state: SearchState;
  matcher: Matcher | null;
  more(): void;
}

export function Results({ state, matcher, more }: Props) {
  return (
    <div class="results">
      {state.groups.map((group) => (
        <Hits key={group.stream} group={group} matcher={matcher} />
      ))}
      {state.more && !state.busy && state.hits < MOST_HITS && (
        <button type="button" onClick={more}>
          {state.stopped ? "Go on" : "Show more"}
        </button>
      )}
    </div>
  );
}

function Hits({ group: { stream, hits }, matcher }: { group: Group; matcher: Matcher | null }) {
  const [all, setAll] = useState(false);
  const shown = all ? hits : hits.slice(0, SHOWN_AT_FIRST);
  return (
    <section class="hits" aria-label={stream}>
      <h2>
        <a href={printPlace(streamPlace(stream))}>
          <bdi>{stream}</bdi>
        </a>
        <span class="quiet">
          {count(hits.length)} {hits.length === 1 ? "line" : "lines"}
        </span>
      </h2>
      <ol>
        {shown.map((hit) => (
          <li key={hit.offset}>
            <a href={contextAddress(hit, matcher)} title="See it in context">
              <time dateTime={new Date(hit.at).toISOString()}>{dayAndTime(hit.at)}</time>
              <span class="quiet number">{count(hit.line + 1)}</span>
              <HitText text={plainText(hit.text)} matcher={matcher} />
            </a>
          </li>
        ))}
      </ol>
      {hits.length > shown.length && (
        <button type="button" onClick={() => setAll(true)}>
          {count(hits.length - shown.length)} more of this stream
        </button>
      )}
    </section>
  );
}

function HitText({ text, matcher }: { text: string; matcher: Matcher | null }) {
  const spans = matcher?.spans(text) ?? [];
  // What was found is to be seen, however long the line is before it.
  const begin = Math.max(0, (spans[0]?.from ?? 0) - BEFORE);
  const cut = begin > BEFORE ? begin : 0;
  const shown = text.slice(cut, cut + LONGEST);
  const marks = spans.map(({ from, to }) => ({ from: from - cut, to: to - cut, className: "hit" }));
  return (
    <span class="hit-text">
      {cut > 0 && "…"}
      {piecesOf(shown.length, marks).map(({ from, to, classes }) =>
        classes ? (
          <mark key={from} class={classes}>
            {shown.slice(from, to)}
          </mark>
        ) : (
          shown.slice(from, to)
        ),
      )}
      {cut + LONGEST < text.length && "…"}
    </span>
  );
}

function contextAddress(hit: HitRow, matcher: Matcher | null): string {
  const find = matcher ? printQuery("find", matcher.query) : {};
  return printPlace(streamPlace(hit.stream, { at: `@${hit.offset}`, ...find }));
}

/** The time of day; with the day where that is another one. */
function dayAndTime(at: number): string {
  const date = new Date(at);
  const today = new Date().toDateString() === date.toDateString();
  return today ? timeOfDay(at) : `${date.toLocaleDateString("en-CA")} ${timeOfDay(at)}`;
}
