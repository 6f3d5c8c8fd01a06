// The frame around everything: head, banner, and the view that the address names.

import { useEffect, useState } from "preact/hooks";
import { LIST } from "../session/address";
import { connection, goTo, place, status, who } from "../session/page-state";
import { Banner } from "./banner";
import { Help } from "./help";
import { ListView } from "./list-view";
import { LoginView } from "./login-view";
import { StreamView } from "./stream-view";
import { TopBar } from "./top-bar";

export function App() {
  const [help, setHelp] = useState(false);
  useEffect(() => {
    const key = (event: KeyboardEvent) => {
      if (event.target instanceof HTMLInputElement || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "?") setHelp((shown) => !shown);
      else if (event.key === "Escape") {
        if (help) setHelp(false);
        else if (place.value.view === "stream") goTo(LIST);
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
      <TopBar showHelp={() => setHelp(true)} />
      <Banner status={status.value} retry={() => connection.retryNow()} />
      <main id="main" tabIndex={-1}>
        {shown.view === "list" ? (
          <ListView keys={shown.keys} />
        ) : (
          <StreamView key={shown.names[0]} name={shown.names[0] ?? ""} />
        )}
      </main>
      {help && <Help close={() => setHelp(false)} />}
    </>
  );
}
