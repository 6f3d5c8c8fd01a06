// What finding and filtering put over a stream's text: buttons in its head, and the bars that they open.

import type { ComponentChildren } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { COUNTED_AT_ONCE_BYTES, errorTitle, errorWords } from "../find/error-words";
import { MOST_HITS } from "../find/finder";
import { now, setKeys } from "../session/page-state";
import { count } from "../streams/format";
import { clearFilter } from "./filter-keys";
import type { Bar, Finding } from "./finding";
import { lazy } from "./lazy";
import { keptBytes } from "./use-count";

const nothing = () => null;
const FindBar = lazy(
  "What finds",
  () => import("./find-bar").then(({ FindBar }) => FindBar),
  nothing,
  ({ focus }) => focus,
);
const FilterBar = lazy(
  "The filter",
  () => import("./filter-bar").then(({ FilterBar }) => FilterBar),
  nothing,
  ({ focus }) => focus,
);
const HighlightRules = lazy("The rules", () =>
  import("./highlight-rules").then(({ HighlightRules }) => HighlightRules),
);

export function FindingButtons({ finding }: { finding: Finding }) {
  const { open, show, openFind } = finding;
  return (
    <>
      <Opens
        on={open.has("find")}
        flip={openFind}
        text="Find"
        title={`Find in all of ${textOf(finding)} (/ or Ctrl-F)`}
      />
      <Opens
        on={open.has("filter")}
        flip={() => show("filter", !open.has("filter"))}
        text="Filter"
        title="Choose which lines are shown"
      />
      <Opens
        on={open.has("rules")}
        flip={() => show("rules", !open.has("rules"))}
        text="Highlight"
        title="Your own highlight rules"
      />
      <Errors finding={finding} />
    </>
  );
}

function Opens({ on, flip, text, title }: { on: boolean; flip(): void; text: string; title: string }) {
  return (
    <button type="button" aria-expanded={on} onClick={flip} title={title}>
      {text}
    </button>
  );
}

function Errors({ finding }: { finding: Finding }) {
  const { errors, firstError, stepError } = finding;
  const { seeking, counting, reached, whole, problem } = errors.state;
  const kept = keptBytes(finding.names);
  if (kept === null) return null;
  const busy = seeking || counting;
  const words = errorWords(errors.state, finding.pane()?.isApart ?? false, now.value);
  return (
    <span class="steps">
      <button
        type="button"
        class="error-count"
        onClick={firstError}
        title={`${problem || errorTitle(errors.state, textOf(finding))}. Go to the first error of all that is kept`}
      >
        {seeking ? "searching …" : words}
      </button>
      <button type="button" onClick={() => stepError(false)} title="The error before (E)">
        ↑<span class="hidden">Previous error</span>
      </button>
      <button type="button" onClick={() => stepError(true)} title="The next error (e)">
        ↓<span class="hidden">Next error</span>
      </button>
      {busy && reached !== null && kept > COUNTED_AT_ONCE_BYTES && (
        <button type="button" onClick={() => errors.finder.stop()}>
          Stop
        </button>
      )}
      {!busy && !whole && kept > COUNTED_AT_ONCE_BYTES && (
        <button
          type="button"
          onClick={() => errors.finder.count()}
          title={`Count back from the end, ${count(MOST_HITS)} errors at a time`}
        >
          Count all
        </button>
      )}
    </span>
  );
}

export function FindingBars({ finding }: { finding: Finding }) {
  const { open, show, find, filter, problems, names, where, pane, stepFind } = finding;
  const counted = useMemo(
    () => filter.count(pane()?.view.buffer.all ?? []),
    [filter, now.value, open.has("filter"), names.join(), where],
  );
  useEffect(FindBar.soon, []);
  const shut = (bar: Bar, forget: () => void) => () => {
    forget();
    show(bar, false);
    pane()?.view.box.focus({ preventScroll: true });
  };
  const shutFind = shut("find", () => setKeys({ find: "", "find.as": "" }));
  const shutFilter = shut("filter", clearFilter);
  const shutRules = shut("rules", () => {});
  return (
    <>
      {open.has("find") && (
        <Escapes by={shutFind}>
          <FindBar
            finder={find.finder}
            state={find.state}
            text={textOf(finding)}
            behind={(pane()?.isApart ?? false) && find.finder.isBehind}
            where={where}
            asked={finding.matcher !== null}
            problem={finding.problem}
            box={finding.box}
            focus={finding.focus === "find"}
            step={stepFind}
            close={shutFind}
          />
        </Escapes>
      )}
      {open.has("filter") && (
        <Escapes by={shutFilter}>
          <FilterBar
            focus={finding.focus === "filter"}
            names={names}
            where={where}
            problems={problems}
            filters={filter.filters}
            counted={counted}
            close={shutFilter}
          />
        </Escapes>
      )}
      {open.has("rules") && (
        <Escapes by={shutRules}>
          <HighlightRules close={shutRules} />
        </Escapes>
      )}
    </>
  );
}

/** What is looked through, in words. */
function textOf({ names, where }: Finding): string {
  return where || names.length > 1 ? "these streams" : "this stream";
}

/** Esc closes what is inside, and nothing else. */
function Escapes({ by, children }: { by(): void; children: ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it only listens to a key of what is inside
    <div
      class="bar"
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        by();
      }}
    >
      {children}
    </div>
  );
}
