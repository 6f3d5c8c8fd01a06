// The code of leases, commands and terminals comes when it is wanted for the first time, and stays: it renews leases.

import { signal } from "@preact/signals";

export const control = signal<typeof import("../views/control-parts") | null>(null);
export const controlProblem = signal("");
let loading: Promise<void> | null = null;

export function loadControl(): Promise<void> {
  loading ??= import("../views/control-parts").then(
    (parts) => {
      control.value = parts;
      controlProblem.value = "";
    },
    () => {
      loading = null;
      controlProblem.value =
        "The control views could not be loaded. Load the page again when the hub is reached.";
    },
  );
  return loading;
}
