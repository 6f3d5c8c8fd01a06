// The filter of the list, with hints of what can be typed.

import type { RefObject } from "preact";
import { useState } from "preact/hooks";
import { streams } from "../session/page-state";
import { type Hint, type Hints, hintsAt, withHint } from "../streams/fleet-hints";

interface Props {
  box: RefObject<HTMLInputElement | null>;
  value: string;
  change: (text: string) => void;
  intoList: () => void;
}

const hintId = (index: number) => `filter-hint-${index}`;

export function FilterBox({ box, value, change, intoList }: Props) {
  const [shown, setShown] = useState<Hints | null>(null);
  const [picked, setPicked] = useState(-1);
  const ask = (input: HTMLInputElement) => {
    const caret = input.selectionStart ?? input.value.length;
    const hints = hintsAt(input.value, caret, streams.all());
    setShown(hints.hints.length > 0 ? hints : null);
    setPicked(-1);
  };
  const take = (hint: Hint) => {
    if (!shown || !box.current) return;
    const { text, caret } = withHint(value, shown, hint);
    // The text of now, so that the hints that follow are of it.
    box.current.value = text;
    box.current.setSelectionRange(caret, caret);
    change(text);
    if (/[:=<>]$/.test(hint.text)) ask(box.current);
    else setShown(null);
  };
  const onKey = (event: KeyboardEvent) => {
    const hints = shown?.hints ?? [];
    if (event.key === "ArrowDown" && hints.length > 0) setPicked((picked + 1) % hints.length);
    else if (event.key === "ArrowUp" && hints.length > 0)
      setPicked((picked <= 0 ? hints.length : picked) - 1);
    else if ((event.key === "Enter" || event.key === "Tab") && hints[picked]) take(hints[picked]);
    else if (event.key === "Enter" || event.key === "ArrowDown") {
      setShown(null);
      intoList();
    } else if (event.key === "Escape") {
      if (shown) setShown(null);
      else box.current?.blur();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div class="filter-box">
      <input
        ref={box}
        type="search"
        aria-label="Filter streams by name, state or meta"
        aria-haspopup="listbox"
        aria-controls="filter-hints"
        aria-autocomplete="list"
        aria-activedescendant={picked >= 0 ? hintId(picked) : undefined}
        autocomplete="off"
        spellcheck={false}
        dir="auto"
        placeholder="Filter: name, state:live, -without"
        value={value}
        onInput={(event) => {
          change(event.currentTarget.value);
          ask(event.currentTarget);
        }}
        onClick={(event) => ask(event.currentTarget)}
        onFocus={(event) => event.currentTarget.matches(":focus-visible") && ask(event.currentTarget)}
        onBlur={() => setShown(null)}
        onKeyDown={onKey}
      />
      <span class="its-key" aria-hidden="true">
        <kbd>/</kbd>
      </span>
      <div class="hints" id="filter-hints" role="listbox" aria-label="Hints" hidden={!shown}>
        {shown?.hints.map((hint, index) => (
          // biome-ignore lint/a11y/useFocusableInteractive: the focus stays in the box, which names the active one
          <div
            key={hint.text}
            id={hintId(index)}
            role="option"
            aria-selected={index === picked}
            // The press must not take the focus out of the box.
            onPointerDown={(event) => {
              event.preventDefault();
              take(hint);
            }}
          >
            <code dir="auto">{hint.text}</code>
            <span class="quiet">{hint.note}</span>
          </div>
        ))}
      </div>
    </div>
  );
}
