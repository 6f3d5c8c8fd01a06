// Finding and filtering: what the address says, made into rules and marks for a stream's pane, or for each of several
// beside each other. These have one query and one filter, and one of them has the keys and the bars.

import type { RefObject } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { Finder, type FinderState, NOTHING_FOUND } from "../find/finder";
import { highlights } from "../find/highlights";
import { ERRORS } from "../find/level";
import { type Matcher, prepare, readQuery } from "../find/query";
import { type Channel, type LevelChoice, LineFilter, StreamRules } from "../find/rules";
import { connection, now, place, streams } from "../session/page-state";
import type { LineRules } from "../viewer/line-rules";
import type { OverviewMark } from "../viewer/overview";
import type { Pane } from "../viewer/pane";
import type { Row } from "../viewer/rows";
import { useErrorCount, useRestart } from "./use-error-count";

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

/** A pane that is looked through. */
interface Through {
  name: string;
  /** Which one of several it is, in words; empty for the only one. */
  where: string;
  pane(): Pane | null;
  /** Shows the line that begins there. */
  reveal(offset: number): void;
}

export interface Finding extends Asked, Bars, Omit<Through, "reveal"> {
  rules: LineRules;
  marks: OverviewMark[];
  fresh(rows: Row[]): void;
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
  const reveal = (offset: number) => pane()?.reveal(offset);
  return useLooking({ name, where: "", pane, reveal }, asked, bars);
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
        name,
        where: `pane ${index + 1}`,
        pane: () => paneAt(index),
        reveal: (offset) => reveal(index, offset),
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
  const { name, pane } = through;
  const { matcher, filter } = asked;
  const find = useFinder(name, pane);
  const errors = useFinder(name, pane);
  useEffect(() => {
    find.finder.look(matcher);
    const timer = setTimeout(() => find.finder.count(), TYPING_MS);
    return () => clearTimeout(timer);
  }, [find.finder, matcher]);
  useEffect(() => errors.finder.look(ERRORS), [errors.finder]);
  useErrorCount(name, errors.finder, errors.state.whole);
  useRestart(name, find.finder, errors.finder);
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
  const fresh = useBatches((rows) => {
    find.finder.fresh(rows);
    errors.finder.fresh(rows);
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
function useBatches(take: (rows: Row[]) => void): (rows: Row[]) => void {
  const waiting = useRef<Row[]>([]);
  const current = useRef(take);
  current.current = take;
  return useMemo(() => {
    const flush = () => {
      const all = waiting.current;
      waiting.current = [];
      if (all.length) current.current(all);
    };
    return (rows) => {
      if (waiting.current.length === 0 && rows.length) setTimeout(flush, BATCH_MS);
      for (const row of rows) waiting.current.push(row);
      // Timers of a hidden tab may come once a minute.
      if (waiting.current.length > MOST_WAITING) flush();
    };
  }, []);
}

function marksOf(finder: Finder, tone: string): OverviewMark[] {
  return finder.places.map((offset) => ({ offset, tone }));
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

function useFinder(name: string, pane: () => Pane | null): Looking {
  const [state, setState] = useState<FinderState>(NOTHING_FOUND);
  const finder = useMemo(
    () =>
      new Finder(
        name,
        (params, watch) => connection.call("stream.search", params, watch),
        {
          held: () => pane()?.view.buffer.all ?? [],
          end: () => streams.get(name)?.end ?? 0,
          timeAt: async (from) =>
            (await connection.call("stream.lines", { stream: name, from, count: 1 })).lines[0]?.at ?? null,
        },
        setState,
      ),
    [name],
  );
  useEffect(() => () => finder.stop(), [finder]);
  return { finder, state };
}

/** Where the last step led, and how to make one. */
function useSteps(pane: () => Pane | null, reveal: (offset: number) => void) {
  const [at, setAt] = useState<number | null>(null);
  const go = async (way: (from: number) => Promise<number | null>) => {
    const shown = pane();
    // Who follows the end looks back from there; who has read on since the last step goes on from where he is.
    const seen = shown?.view.following ? Number.POSITIVE_INFINITY : (shown?.inSight?.offset ?? 0);
    const offset = await way(at !== null && shown?.view.shows(at) ? at : seen);
    if (offset === null) return;
    setAt(offset);
    reveal(offset);
  };
  return { at, go };
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
