// Where two runs are compared there is no finding: its keys say so, and where there is.

import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { printPlace } from "../../session/address";
import { place } from "../../session/page-state";
import { findingPlace } from "../../several/several-place";
import { useFindKey } from "../finding";

/** Answers to those of the find keys that the view does not use itself. `back` has the focus when that is shut. */
export function useFindElsewhere(answered: string[], back: { current: HTMLElement | null }) {
  const [shown, setShown] = useState(false);
  const link = useRef<HTMLAnchorElement>(null);
  const show = () => {
    setShown(true);
    link.current?.focus();
  };
  useFindKey(show, link);
  useLayoutEffect(() => {
    if (shown) link.current?.focus();
  }, [shown]);
  const shut = () => {
    setShown(false);
    back.current?.focus({ preventScroll: true });
  };
  const there = findingPlace(place.value);
  const keys: Record<string, () => void> = Object.fromEntries(answered.map((key) => [key, show]));
  if (shown) keys.Escape = shut;
  const notice = shown && (
    <div class="find-bar" role="status">
      Find works in one stream or side by side.
      <a ref={link} href={printPlace(there)}>
        {there.names.length > 1 ? "Show them side by side" : "Show the stream by itself"}
      </a>
      <button type="button" class="plain close" onClick={shut} aria-label="Close" title="Close (Esc)">
        ×
      </button>
    </div>
  );
  return { keys, notice };
}
