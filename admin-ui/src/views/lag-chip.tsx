// How far one is behind a stream that goes on, or where one is in one that does not.

import { type Lag, lagWords } from "../viewer/lag";

export function LagChip({ lag }: { lag: Lag | null }) {
  const words = lagWords(lag);
  if (!words) return null;
  return (
    <span class={lag?.over ? "chip lag" : "chip warn lag"} title={words}>
      {words}
    </span>
  );
}
