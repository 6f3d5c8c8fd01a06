// What is put around a stream's text: its volume above, its numbers beside or below, and what the tab says of it.

import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { panelShown } from "../numbers/panel-shown";
import { iconOf, moodOf, silenceAfter, Teller, tabTitle } from "../numbers/telling";
import { now, streams, version } from "../session/page-state";
import { settings } from "../session/settings";
import { lazy } from "./lazy";
import { useFeed } from "./use-feed";

const NumbersStrip = lazy(
  "The volume",
  () => import("./numbers-strip").then(({ NumbersStrip }) => NumbersStrip),
  () => <div class="strip" />,
);
const NumbersPanel = lazy(
  "The statistics",
  () => import("./numbers-panel").then(({ NumbersPanel }) => NumbersPanel),
  () => (
    <aside class="numbers" aria-label="statistics">
      <p class="quiet">…</p>
    </aside>
  ),
);
const STRIP_POINTS = 240;
const OWN_ICON = iconLink()?.href ?? "";

interface Props {
  name: string;
  /** Shows the text of a time; where there is none, times are only told. */
  goTo?: (at: number) => void;
  children: ComponentChildren;
}

export function NumbersFrame({ name, goTo, children }: Props) {
  const volume = useFeed(name, "lines", STRIP_POINTS);
  useTelling(name, volume.feed.series?.longestPause() ?? 0);
  return (
    <div class={panelShown.value ? "numbers-frame with-panel" : "numbers-frame"}>
      <div class="numbers-text">
        <NumbersStrip name={name} series={volume.feed.series} whole={volume.feed.whole} goTo={goTo} />
        {children}
      </div>
      {panelShown.value && <NumbersPanel name={name} goTo={goTo} />}
    </div>
  );
}

export function toggleNumbers(): void {
  panelShown.value = !panelShown.value;
}

/** A switch for the panel. */
export function NumbersSwitch() {
  return (
    <button
      type="button"
      aria-pressed={panelShown.value}
      title="Rates, counts and charts (i)"
      onClick={toggleNumbers}
    >
      Statistics
    </button>
  );
}

function useTelling(name: string, longestPause: number): void {
  const teller = useMemo(() => new Teller(name), [name]);
  const hidden = useHidden(name, teller);
  const icon = useRef<string | null>(null);
  const tick = version.value;
  const second = now.value;
  useEffect(() => {
    const row = streams.get(name);
    const quiet = teller.quiet(row, Date.now());
    const mood = moodOf(row, quiet, silenceAfter(longestPause));
    const unread = teller.unread(row);
    const title = tabTitle(name, mood, unread);
    if (document.title !== title) document.title = title;
    const address = iconOf(mood, unread);
    if (icon.current !== address) setIcon(address);
    icon.current = address;
    const telling = teller.become(mood, row, quiet);
    if (telling && hidden && settings.notify.value) notify(telling.title, telling.body, name);
  }, [teller, tick, second, hidden, longestPause]);
  useEffect(
    () => () => {
      document.title = "Hub";
      setIcon(OWN_ICON);
    },
    [],
  );
}

function useHidden(name: string, teller: Teller): boolean {
  const [hidden, setHidden] = useState(document.hidden);
  useEffect(() => {
    const changed = () => {
      if (document.hidden) teller.hide(streams.get(name));
      else teller.show();
      setHidden(document.hidden);
    };
    changed();
    document.addEventListener("visibilitychange", changed);
    return () => document.removeEventListener("visibilitychange", changed);
  }, [name, teller]);
  return hidden;
}

function iconLink(): HTMLLinkElement | null {
  return document.querySelector<HTMLLinkElement>('link[rel="icon"]');
}

function setIcon(address: string): void {
  const link = iconLink();
  if (link) link.href = address;
}

function notify(title: string, body: string, tag: string): void {
  try {
    const notification = new Notification(title, { body, tag });
    notification.onclick = () => {
      window.focus();
      notification.close();
    };
  } catch (error) {
    // Some phones' browsers have the class and forbid to make one.
    console.info("this browser shows no notifications", error);
  }
}
