// What a person chose, kept in the browser: one signal a setting.

import { effect, type Signal, signal } from "@preact/signals";

const PREFIX = "hub.";

/** Where settings are kept; a browser that keeps nothing for the page throws. */
export interface Shelf {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

/** A setting as a signal: begins as kept, else as `initial`, and is kept whenever it changes. */
export function setting<T>(name: string, initial: T, shelf: () => Shelf = () => localStorage): Signal<T> {
  const chosen = signal<T>(read(PREFIX + name, initial, shelf));
  let first = true;
  effect(() => {
    const value = JSON.stringify(chosen.value);
    if (!first) keep(PREFIX + name, value, shelf);
    first = false;
  });
  return chosen;
}

function read<T>(key: string, initial: T, shelf: () => Shelf): T {
  try {
    const kept = shelf().getItem(key);
    if (kept === null) return initial;
    const value = JSON.parse(kept) as unknown;
    // An older page may have kept something of another shape.
    return sameShape(value, initial) ? (value as T) : initial;
  } catch {
    return initial;
  }
}

function sameShape(value: unknown, initial: unknown): boolean {
  if (Array.isArray(initial)) return Array.isArray(value);
  return typeof value === typeof initial && (value === null) === (initial === null);
}

function keep(key: string, value: string, shelf: () => Shelf): void {
  try {
    shelf().setItem(key, value);
  } catch (error) {
    console.info("the browser keeps no settings for this page", error);
  }
}

export type Theme = "auto" | "dark" | "light";
export type Times = "off" | "local" | "utc" | "relative";

export const settings = {
  theme: setting<Theme>("theme", "auto"),
  times: setting<Times>("times", "off"),
  wrap: setting("wrap", false),
  numbers: setting("numbers", true),
  pretty: setting("pretty", true),
  fold: setting("fold", true),
  /** Whether the browser may tell of an end, a failure or silence. */
  notify: setting("notify", false),
};
