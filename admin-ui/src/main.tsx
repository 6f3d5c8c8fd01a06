import { effect } from "@preact/signals";
import { render } from "preact";
import "open-props/normalize";
import "./styles/page.css";
import "./styles/frame.css";
import "./styles/dialogs.css";
import "./styles/tiles.css";
import "./styles/list.css";
import "./styles/people.css";
import "./styles/ansi.css";
import "./styles/fleet.css";
import "./styles/pick.css";
import "./styles/stream-head.css";
import "./styles/text.css";
import "./styles/find.css";
import "./styles/share.css";
import "./styles/numbers.css";
import { loadControl } from "./control/loaded";
import { takeKept } from "./session/kept-session";
import { connection, start } from "./session/page-state";
import { settings } from "./session/settings";
import { App } from "./views/app";

effect(() => {
  document.documentElement.dataset.theme = settings.theme.value;
});

const root = document.getElementById("page");
if (root) {
  const kept = takeKept(sessionStorage);
  if (kept) {
    // It has leases, which want to be renewed.
    connection.goOn(kept);
    connection.keeps = () => true;
    loadControl();
  }
  render(<App />, root);
  start();
}
