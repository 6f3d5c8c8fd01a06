// How text is shown, as a person chose, and how that is changed.

import { useMemo } from "preact/hooks";
import { settings } from "../session/settings";
import type { Look } from "../viewer/look";

/** How text is shown, as a person chose. */
export function useLook(): Look {
  const { wrap, times, numbers, pretty, fold } = settings;
  return useMemo(
    () => ({
      wrap: wrap.value,
      times: times.value,
      numbers: numbers.value,
      pretty: pretty.value,
      fold: fold.value,
    }),
    [wrap.value, times.value, numbers.value, pretty.value, fold.value],
  );
}

/** Turns one of the switches. */
export function flip(which: "wrap" | "numbers" | "fold"): void {
  settings[which].value = !settings[which].value;
}
