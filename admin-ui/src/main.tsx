import { render } from "preact";
import "open-props/normalize";
import "./styles/page.css";
import "./styles/list.css";
import "./styles/text.css";
import { start } from "./session/page-state";
import { App } from "./views/app";

const root = document.getElementById("page");
if (root) {
  render(<App />, root);
  start();
}
