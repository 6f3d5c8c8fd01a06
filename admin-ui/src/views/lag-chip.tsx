// How far one is behind a stream that goes on, or where one is in one that does not.

import { type Lag, lagMuch, lagWords } from "../viewer/lag";

/** `short`: where there is room for how much only, and the title has the rest. */
export function LagChip({ lag, short = false }: { lag: Lag | null; short?: boolean }) {
  const words = lagWords(lag);
  if (!lag || !words) return null;
  return (
    <span class={lag?.over ? "chip lag" : "chip warn lag"} title={words}>
      {short ? `${lag.over ? "" : "−"}${lagMuch(lag)}` : words}
    </span>
  );
}
