// Ctrl/Cmd-K: to any stream by some letters of its name, or to another view.

import { useState } from "preact/hooks";
import { LIST, type Place, streamPlace } from "../session/address";
import { goTo, streams } from "../session/page-state";
import { savedViews } from "../session/saved-views";
import { stateWord } from "../streams/format";
import { fuzzyFind } from "../streams/fuzzy";
import { Modal } from "./modal";

const MOST = 12;

interface Target {
  id: string;
  text: string;
  places: number[];
  note: string;
  go: () => void;
}

interface Props {
  views: [string, Place][];
  close: () => void;
  /** Takes a stream instead of going there; no views are offered then. */
  choose?: { label: string; take: (name: string) => void };
}

export function Jump({ views, close, choose }: Props) {
  const [query, setQuery] = useState("");
  const [at, setAt] = useState(0);
  const targets = targetsFor(query, choose ? null : views).map((target) =>
    choose ? { ...target, go: () => choose.take(target.id) } : target,
  );
  const take = (target: Target | undefined) => {
    if (!target) return;
    close();
    target.go();
  };
  const onKey = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) setAt((now) => (now + step + targets.length) % Math.max(1, targets.length));
    else if (event.key === "Enter") take(targets[at]);
    else return;
    event.preventDefault();
  };
  return (
    <Modal label={choose?.label ?? "Jump to a stream"} close={close} class="jump">
      <input
        type="text"
        aria-label={choose ? "Stream" : "Stream or view"}
        aria-haspopup="listbox"
        aria-controls="jump-list"
        aria-autocomplete="list"
        aria-activedescendant={targets[at] ? `jump-${at}` : undefined}
        autocomplete="off"
        spellcheck={false}
        placeholder={`${choose?.label ?? "Jump to a stream or a view"}: some letters of its name`}
        value={query}
        onInput={(event) => {
          setQuery(event.currentTarget.value);
          setAt(0);
        }}
        onKeyDown={onKey}
      />
      <div id="jump-list" role="listbox" aria-label="Streams and views">
        {targets.map((target, index) => (
          // biome-ignore lint/a11y/useFocusableInteractive: the focus stays in the box, which names the active one
          // biome-ignore lint/a11y/useKeyWithClickEvents: the box has the keys
          <div
            key={target.id}
            id={`jump-${index}`}
            role="option"
            aria-selected={index === at}
            onPointerMove={() => setAt(index)}
            onClick={() => take(target)}
          >
            <Lettered text={target.text} places={target.places} />
            <span class="quiet">{target.note}</span>
          </div>
        ))}
      </div>
      {targets.length === 0 && (
        <p class="quiet" role="status">
          No stream has these letters in its name.
        </p>
      )}
    </Modal>
  );
}

/** What goes with some letters; only streams where no views are given. */
function targetsFor(query: string, views: [string, Place][] | null): Target[] {
  const rows = [...streams.all()].sort((a, b) => streams.orderOf(b.stream) - streams.orderOf(a.stream));
  const matches = fuzzyFind(
    query,
    rows.map(({ stream }) => stream),
    MOST,
  ).map(({ name, places }): Target => {
    const row = streams.get(name);
    const { mark, word } = stateWord(row?.state ?? "ended", row?.status ?? null);
    return { id: name, text: name, places, note: `${mark} ${word}`, go: () => goTo(streamPlace(name)) };
  });
  return [...(views ? viewsFor(query, views) : []), ...matches].slice(0, MOST);
}

function viewsFor(query: string, views: [string, Place][]): Target[] {
  const names = new Map<string, [string, () => void]>();
  for (const [name, place] of [["Streams", LIST] as [string, Place], ...views])
    names.set(name, ["view", () => goTo(place)]);
  for (const { name, address } of savedViews.value)
    names.set(name, [
      "saved view",
      () => {
        location.hash = address;
      },
    ]);
  const found = query === "" ? [] : fuzzyFind(query, names.keys(), 3);
  return found.map((match): Target => {
    const [note, go] = names.get(match.name) ?? ["", () => undefined];
    return { id: `view ${match.name}`, text: match.name, places: match.places, note, go };
  });
}

/** The text with the letters that were found marked. */
function Lettered({ text, places }: { text: string; places: number[] }) {
  const marked = new Set(places);
  const parts: { text: string; hit: boolean }[] = [];
  for (const [index, letter] of [...text].entries()) {
    const hit = marked.has(index);
    const last = parts.at(-1);
    if (last?.hit === hit) last.text += letter;
    else parts.push({ text: letter, hit });
  }
  return (
    <bdi class="name">
      {parts.map((part, index) => (part.hit ? <b key={index}>{part.text}</b> : part.text))}
    </bdi>
  );
}
