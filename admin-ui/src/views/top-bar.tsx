// The head of every page: where one is, how the hub does, and what concerns the whole page.

import type { ComponentChildren } from "preact";
import { LIST, type Place, printPlace } from "../session/address";
import { leave, place, who } from "../session/page-state";
import { may } from "../session/rights";
import { settings, type Theme } from "../session/settings";
import { type Opened, VIEWS } from "./places";
import { TotalsLine } from "./totals";
import { MOD_KEY } from "./typing";

const NEXT_THEME: Record<Theme, Theme> = { auto: "dark", dark: "light", light: "auto" };
const THEME_MARK: Record<Theme, string> = { auto: "◐", dark: "☾", light: "☀" };

export function TopBar({ open }: { open: (what: Opened) => void }) {
  const theme = settings.theme.value;
  return (
    <header class="top">
      <a class="brand" href="#/" aria-label="Hub">
        <span class="mark" aria-hidden="true" /> <span class="brand-name">Hub</span>
      </a>
      <nav aria-label="Views">
        <Link to={LIST} text="Streams" />
        {VIEWS.map(([name, to]) => (
          <Link key={name} to={to} text={name} />
        ))}
      </nav>
      {place.value.view === "list" ? <span class="totals" /> : <TotalsLine />}
      <button type="button" class="to-jump" onClick={() => open("jump")} title="To any stream or view">
        <span class="glyph" aria-hidden="true">
          ⌕
        </span>
        <span class="wide">Jump to…</span> <kbd>{MOD_KEY} K</kbd>
      </button>
      <Tool open={() => open("views")} title="Saved views, and this view's address" name="Saved views">
        ☆
      </Tool>
      <Tool
        open={() => {
          settings.theme.value = NEXT_THEME[theme];
        }}
        title={`Colours: ${theme === "auto" ? "as the system has them" : theme}`}
        name={`Colours: ${theme}`}
      >
        {THEME_MARK[theme]}
      </Tool>
      <Tool open={() => open("help")} title="Keyboard help (?)" name="Keyboard help">
        ?
      </Tool>
      <Me />
    </header>
  );
}

/** Who is logged in, and as what. */
function Me() {
  const login = who.value;
  if (login === null || login === "asking") return null;
  return (
    <span class="me">
      <span class="who" title={`${login.principal}, ${login.role}`}>
        <bdi>{login.principal}</bdi>
        {!may(login, "operator") && <span class="chip">read-only</span>}
      </span>
      <button type="button" class="plain" onClick={leave}>
        Log out
      </button>
    </span>
  );
}

function Tool(props: { open: () => void; title: string; name: string; children: ComponentChildren }) {
  const shape = `plain tool ${props.name.split(/[ :]/)[0]?.toLowerCase()}-tool`;
  return (
    <button type="button" class={shape} onClick={props.open} aria-label={props.name} title={props.title}>
      <span aria-hidden="true">{props.children}</span>
    </button>
  );
}

function Link({ to, text }: { to: Place; text: string }) {
  return (
    <a href={printPlace(to)} aria-current={place.value.view === to.view ? "page" : undefined}>
      {text}
    </a>
  );
}
