// The frame around everything: head, banner, and the view that the address names.

import { useEffect, useState } from "preact/hooks";
import { connection, goTo, leave, place, stats, status, totals, who } from "../session/page-state";
import { bytes, count, rate } from "../streams/format";
import { Banner } from "./banner";
import { Help } from "./help";
import { ListView } from "./list-view";
import { LoginView } from "./login-view";
import { Sparkline } from "./sparkline";
import { StreamView } from "./stream-view";

export function App() {
  const [help, setHelp] = useState(false);
  useEffect(() => {
    const key = (event: KeyboardEvent) => {
      if (event.target instanceof HTMLInputElement || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "?") setHelp((shown) => !shown);
      else if (event.key === "Escape") {
        if (help) setHelp(false);
        else if (place.value.view === "stream") goTo({ view: "list", filter: "" });
      }
    };
    addEventListener("keydown", key);
    return () => removeEventListener("keydown", key);
  }, [help]);
  if (who.value === "asking") return <p class="quiet">…</p>;
  if (who.value === null) return <LoginView />;
  const shown = place.value;
  return (
    <>
      <a class="skip" href="#main">
        Skip to content
      </a>
      <header class="top">
        <a class="brand" href="#/">
          <span class="mark" aria-hidden="true" /> Hub
        </a>
        <Totals />
        <button type="button" class="plain" onClick={() => setHelp(true)} aria-label="Keyboard help">
          ?
        </button>
        <button type="button" class="plain" onClick={leave} title={`logged in as ${who.value.principal}`}>
          Log out
        </button>
      </header>
      <Banner status={status.value} retry={() => connection.retryNow()} />
      <main id="main" tabIndex={-1}>
        {shown.view === "list" ? (
          <ListView filter={shown.filter} />
        ) : (
          <StreamView key={shown.name} name={shown.name} />
        )}
      </main>
      {help && <Help close={() => setHelp(false)} />}
    </>
  );
}

function Totals() {
  const current = stats.value;
  if (!current) return <div class="totals" />;
  return (
    <div class="totals">
      <Sparkline values={totals.value} points={60} width={90} label="lines a second, last minute" />
      <Total value={rate(current.lines_per_s)} unit="lines" />
      <Total value={`${bytes(current.bytes_per_s)}/s`} unit="in" />
      <Total value={count(current.live)} unit="live" />
      <Total value={count(current.streams)} unit="streams" wide />
      <Total value={count(current.readers)} unit="watching" wide />
    </div>
  );
}

function Total({ value, unit, wide }: { value: string; unit: string; wide?: boolean }) {
  return (
    <span class={wide ? "total wide" : "total"}>
      <b>{value}</b> {unit}
    </span>
  );
}
