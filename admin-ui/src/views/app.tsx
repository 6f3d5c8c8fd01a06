// The frame around everything: head, banner, and the view that the address names.

import { useEffect, useState } from "preact/hooks";
import { LIST, type Place } from "../session/address";
import { asOf, connection, goTo, place, status, who } from "../session/page-state";
import { showsSeveral } from "../several/several-place";
import { Banner } from "./banner";
import { ControlPart } from "./control-slot";
import { Jump } from "./later-boxes";
import { lazy, parts } from "./lazy";
import { type Opened, VIEWS } from "./places";
import { TopBar } from "./top-bar";
import { isTyping } from "./typing";

const ListView = lazy("The list", () => import("./list-view").then(({ ListView }) => ListView));
const StreamView = lazy("The stream", () => import("./stream-view").then(({ StreamView }) => StreamView));
const Help = lazy("The help", () => import("./help").then(({ Help }) => Help));
const LoginView = lazy("The login", () => import("./login-view").then(({ LoginView }) => LoginView));
const PeopleView = lazy("This view", () => import("./people-view").then(({ PeopleView }) => PeopleView));
const SearchView = lazy("The search", () => import("./search-view").then(({ SearchView }) => SearchView));
const SeveralView = lazy("This view", () =>
  import("./several/several-view").then(({ SeveralView }) => SeveralView),
);
const ViewsMenu = lazy("The saved views", () => import("./views-menu").then(({ ViewsMenu }) => ViewsMenu));

const LATER_MS = 1500;

export function App() {
  const [opened, setOpened] = useState<Opened>(null);
  const close = () => setOpened(null);
  useEffect(() => {
    const key = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        setOpened("jump");
      }
      if (isTyping(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "?") setOpened("help");
      else if (
        // Esc shuts what is open: pressed once more it must not take away what is read.
        event.key === (place.value.view === "stream" ? "u" : "Escape") &&
        place.value.view !== "list" &&
        !document.querySelector("dialog[open]")
      )
        goTo(LIST);
    };
    addEventListener("keydown", key);
    return () => removeEventListener("keydown", key);
  }, []);
  const { kind } = status.value;
  // The rest of the page comes when what was asked for is there.
  useEffect(() => {
    if (kind === "live") setTimeout(() => parts.loadAll(), LATER_MS);
  }, [kind]);
  if (who.value === "asking") return <p class="quiet asking">Asking the hub who you are…</p>;
  if (who.value === null) return <LoginView />;
  return (
    <>
      <button type="button" class="skip" onClick={() => document.getElementById("main")?.focus()}>
        Skip to content
      </button>
      <TopBar open={setOpened} />
      <Banner status={status.value} retry={() => connection.retryNow()} />
      <ControlPart part="LeaseNotices" />
      <main id="main" class={asOf.value === null ? "" : "stale"} tabIndex={-1}>
        <View shown={place.value} />
      </main>
      {opened === "help" && <Help close={close} />}
      {opened === "jump" && <Jump views={VIEWS} close={close} />}
      {opened === "views" && <ViewsMenu close={close} />}
    </>
  );
}

function View({ shown }: { shown: Place }) {
  if (showsSeveral(shown)) return <SeveralView />;
  if (shown.view === "stream") return <StreamView key={shown.names[0]} name={shown.names[0] ?? ""} />;
  if (shown.view === "search") return <SearchView />;
  if (shown.view === "people") return <PeopleView />;
  if (shown.view === "leases") return <ControlPart part="LeasesView" load />;
  return <ListView keys={shown.keys} />;
}
