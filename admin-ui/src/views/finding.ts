// Finding and filtering: what the address says, made into rules and marks for a stream's pane, for each of several
// beside each other, or for several as one text. Those beside each other have one query and one filter, and one of them
// has the keys and the bars.

import type { RefObject } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { Finder, type FinderState, type From, NOTHING_FOUND } from "../find/finder";
import { highlights } from "../find/highlights";
import { ERRORS } from "../find/level";
import { type Matcher, prepare, readQuery } from "../find/query";
import { type Channel, type LevelChoice, LineFilter, StreamRules } from "../find/rules";
import { connection, now, place, streams } from "../session/page-state";
import type { LineRules } from "../viewer/line-rules";
import type { OverviewMark } from "../viewer/overview";
import type { Pane } from "../viewer/pane";
import { isAt, placeOf, type RowPlace } from "../viewer/row-place";
import type { Row } from "../viewer/rows";
import type { TextView } from "../viewer/text-view";
import { useCount, useRestart } from "./use-count";

const TYPING_MS = 400;
const BATCH_MS = 200;
const MOST_WAITING = 10_000;
const FEW = 500;

export type Bar = "find" | "filter" | "rules";

/** One thing that is looked for, and how that goes. */
export interface Looking {
  finder: Finder;
  state: FinderState;
}

/** What the address asks for. */
interface Asked {
  matcher: Matcher | null;
  /** What is wrong with what is looked for. */
  problem: string;
  filter: LineFilter;
  problems: { include: string; exclude: string };
}

interface Bars {
  open: ReadonlySet<Bar>;
  /** The bar that was opened last by somebody, who types into it. */
  focus: Bar | null;
  box: RefObject<HTMLInputElement | null>;
  show(bar: Bar, shown: boolean): void;
  openFind(): void;
}

/** What shows the text that is looked through. */
export interface Shown {
  readonly view: TextView;
  readonly inSight: Row | undefined;
  readonly isApart: boolean;
}

/** A pane that is looked through. */
interface Through {
  /** The stream, or all that are one text in it. */
  names: readonly string[];
  /** Which one of several panes it is, in words; empty for the only one. */
  where: string;
  pane(): Shown | null;
  /** Shows a line. */
  reveal(place: RowPlace): void;
}

export interface Finding extends Asked, Bars, Omit<Through, "reveal"> {
  rules: LineRules;
  marks: OverviewMark[];
  fresh(rows: Row[], source?: number): void;
  /** Keys of the page that it takes. */
  keys: Record<string, () => void>;
  find: Looking;
  errors: Looking;
  stepFind(down: boolean): void;
  stepError(down: boolean): void;
  firstError(): void;
}

/** In a stream's own view. */
export function useFinding(name: string, pane: () => Pane | null): Finding {
  const asked = useAsked();
  const bars = useBars(asked);
  const reveal = ({ offset }: RowPlace) => pane()?.reveal(offset);
  return useLooking({ names: [name], where: "", pane, reveal }, asked, bars);
}

/** In several streams that are one text. */
export function useMergedFinding(
  names: readonly string[],
  pane: () => (Shown & { reveal(place: RowPlace): void }) | null,
): Finding {
  const asked = useAsked();
  const bars = useBars(asked);
  return useLooking({ names, where: "", pane, reveal: (place) => pane()?.reveal(place) }, asked, bars);
}

/** In each of several panes beside each other; how many there are must not change. */
export function useFindings(
  names: readonly string[],
  paneAt: (index: number) => Pane | null,
  reveal: (index: number, offset: number) => void,
): Finding[] {
  const asked = useAsked();
  const bars = useBars(asked);
  return names.map((name, index) =>
    // As many hooks as there are panes, each time.
    useLooking(
      {
        names: [name],
        where: `pane ${index + 1}`,
        pane: () => paneAt(index),
        reveal: ({ offset }) => reveal(index, offset),
      },
      asked,
      bars,
    ),
  );
}

function useAsked(): Asked {
  const { keys } = place.value;
  return { ...usePrepared("find", keys), ...useFilter(keys) };
}

function useLooking({ reveal, ...through }: Through, asked: Asked, bars: Bars): Finding {
  const { names, pane } = through;
  const { matcher, filter } = asked;
  const find = useFinder(names, pane);
  const errors = useFinder(names, pane);
  useEffect(() => {
    find.finder.look(matcher);
    const timer = setTimeout(() => find.finder.count(), TYPING_MS);
    return () => clearTimeout(timer);
  }, [find.finder, matcher]);
  useEffect(() => errors.finder.look(ERRORS), [errors.finder]);
  useCount(names, find.finder, find.state.whole);
  useCount(names, errors.finder, errors.state.whole);
  useRestart(names, find.finder, errors.finder);
  const { at, go } = useSteps(pane, reveal);
  const stepFind = (down: boolean) => {
    // Who types fast is ahead of what was drawn.
    find.finder.look(prepare(readQuery("find", place.value.keys)).matcher);
    return go((from) => find.finder.step(down, from));
  };
  const stepError = (down: boolean) => go((from) => errors.finder.step(down, from));
  const own = highlights.value;
  const rules = useMemo(() => new StreamRules(filter, matcher, own, at), [filter, matcher, own, at]);
  const marks = useMarks(find, errors);
  const fresh = useBatches((rows, source) => {
    find.finder.fresh(rows, source);
    errors.finder.fresh(rows, source);
  });
  return {
    ...through,
    ...asked,
    ...bars,
    rules,
    marks,
    find,
    errors,
    stepFind,
    stepError,
    firstError: () => go(() => errors.finder.first()),
    fresh,
    keys: {
      "/": bars.openFind,
      ...(matcher ? { n: () => stepFind(true), N: () => stepFind(false) } : {}),
      e: () => stepError(true),
      E: () => stepError(false),
    },
  };
}

/** Marks for the strip: at once while they are few, each second when they are many. */
function useMarks(find: Looking, errors: Looking): OverviewMark[] {
  const hits = find.state.hits + errors.state.hits;
  const stamp = hits < FEW ? hits : -now.value;
  return useMemo(
    () => [...marksOf(errors.finder, "error"), ...marksOf(find.finder, "hit")],
    [find.finder, errors.finder, stamp],
  );
}

/** Rows that come live, some times a second: a count that changes faster is not read. */
function useBatches(take: (rows: Row[], source: number) => void): (rows: Row[], source?: number) => void {
  const waiting = useRef(new Map<number, Row[]>());
  const current = useRef(take);
  current.current = take;
  return useMemo(() => {
    const flush = () => {
      const all = waiting.current;
      waiting.current = new Map();
      for (const [source, rows] of all) current.current(rows, source);
    };
    return (rows, source = 0) => {
      if (rows.length === 0) return;
      if (waiting.current.size === 0) setTimeout(flush, BATCH_MS);
      const held = waiting.current.get(source) ?? [];
      waiting.current.set(source, held);
      for (const row of rows) held.push(row);
      // Timers of a hidden tab may come once a minute.
      if (held.length > MOST_WAITING) flush();
    };
  }, []);
}

function marksOf(finder: Finder, tone: string): OverviewMark[] {
  return finder.offsets().map((offset) => ({ offset, tone }));
}

function usePrepared(name: string, keys: Record<string, string>): ReturnType<typeof prepare> {
  const query = readQuery(name, keys);
  return useMemo(() => prepare(query), [query.text, query.regex, query.exact]);
}

function useFilter(keys: Record<string, string>): Pick<Asked, "filter" | "problems"> {
  const include = usePrepared("has", keys);
  const exclude = usePrepared("not", keys);
  const level = oneOf<LevelChoice>(["info", "warn", "error"], keys.level);
  const channel = oneOf<Channel>(["out", "err"], keys.ch);
  const filter = useMemo(
    () => new LineFilter({ include: include.matcher, exclude: exclude.matcher, level, channel }),
    [include.matcher, exclude.matcher, level, channel],
  );
  return { filter, problems: { include: include.problem, exclude: exclude.problem } };
}

function oneOf<T extends string>(known: T[], value: string | undefined): T | "any" {
  return known.find((each) => each === value) ?? "any";
}

function useFinder(names: readonly string[], pane: () => Shown | null): Looking {
  const [state, setState] = useState<FinderState>(NOTHING_FOUND);
  const finder = useMemo(
    () =>
      new Finder(
        names,
        (params, watch) => connection.call("stream.search", params, watch),
        {
          held: () => pane()?.view.buffer.all ?? [],
          end: (stream) => streams.get(stream)?.end ?? 0,
          timeAt: async (stream, from) =>
            (await connection.call("stream.lines", { stream, from, count: 1 })).lines[0]?.at ?? null,
        },
        setState,
      ),
    [names.join()],
  );
  useEffect(() => () => finder.stop(), [finder]);
  return { finder, state };
}

/** Where the last step led, and how to make one. */
function useSteps(pane: () => Shown | null, reveal: (place: RowPlace) => void) {
  const [at, setAt] = useState<RowPlace | null>(null);
  const go = async (way: (from: From) => Promise<RowPlace | null>) => {
    const shown = pane();
    const place = await way(shown ? fromWhere(shown, at) : "start");
    if (place === null) return;
    setAt(place);
    reveal(place);
  };
  return { at, go };
}

/** Who follows the end looks back from there; who has read on since the last step goes on from where he is. */
function fromWhere({ view, inSight }: Shown, last: RowPlace | null): From {
  const rows = view.buffer.all;
  const row = last && rows.find((each) => isAt(each, last));
  if (last && row && view.shows(row.offset)) return last;
  if (view.following) return "end";
  return inSight ? placeOf(inSight, rows) : "start";
}

function useBars({ filter }: Asked): Bars {
  const { keys } = place.value;
  const find = keys.find !== undefined;
  const focus = useRef<Bar | null>(null);
  const box = useRef<HTMLInputElement>(null);
  const [open, setOpen] = useState<ReadonlySet<Bar>>(
    () =>
      new Set<Bar>([...(find ? (["find"] as const) : []), ...(filter.filters ? (["filter"] as const) : [])]),
  );
  const show = (bar: Bar, shown: boolean) => {
    focus.current = shown ? bar : null;
    setOpen((bars) => new Set(shown ? [...bars, bar] : [...bars].filter((each) => each !== bar)));
  };
  const openFind = () => {
    show("find", true);
    box.current?.select();
  };
  useFindKey(openFind, box);
  return { open, focus: focus.current, box, show, openFind };
}

/** Takes Ctrl-F, which would find only what is drawn; pressed again in the box it is the browser's own. */
export function useFindKey(open: () => void, box: RefObject<HTMLElement | null>): void {
  const current = useRef(open);
  current.current = open;
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.key !== "f" || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
      if (box.current && document.activeElement === box.current) return;
      event.preventDefault();
      current.current();
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, []);
}
