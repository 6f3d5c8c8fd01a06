// A part of the panel over a stream's text, under a heading; a button opens it where one is open at a time.

import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { chosenPart, isPartOpen, type PanelPart } from "../control/panel-parts";
import { who } from "../session/page-state";
import { may } from "../session/rights";

const CRAMPED = "(max-width: 760px)";

interface Props {
  part: PanelPart;
  title: string;
  /** What it has, in short. */
  short?: string;
  /** The same, where what is inside begins with it. */
  shut?: string;
  children: ComponentChildren;
}

export function Part({ part, title, short = "", shut = "", children }: Props) {
  const roomy = !useMedia(CRAMPED);
  const open = isPartOpen(part, { roomy, chosen: chosenPart.value, operator: may(who.value, "operator") });
  const chip = short || (open ? "" : shut);
  const words = (
    <>
      {title} {chip && <span class="chip">{chip}</span>}
    </>
  );
  return (
    <section class="control-part">
      <h2>
        {roomy ? (
          words
        ) : (
          <button
            type="button"
            class="part-turn"
            aria-expanded={open}
            onClick={() => {
              chosenPart.value = part;
            }}
          >
            <span aria-hidden="true" class={open ? "twist open" : "twist"} />
            {words}
          </button>
        )}
      </h2>
      {/* It stays there: what is typed in it is not lost. */}
      <div class="inside" hidden={!open}>
        {children}
      </div>
    </section>
  );
}

function useMedia(query: string): boolean {
  const [matches, setMatches] = useState(() => matchMedia(query).matches);
  useEffect(() => {
    const media = matchMedia(query);
    const changed = () => setMatches(media.matches);
    changed();
    media.addEventListener("change", changed);
    return () => media.removeEventListener("change", changed);
  }, [query]);
  return matches;
}
