// The head of every page: where one is, how the hub does, and what concerns the whole page.

import type { ViewName } from "../session/address";
import { leave, place, who } from "../session/page-state";
import { settings, type Theme } from "../session/settings";
import { TotalsLine } from "./totals";

const NEXT_THEME: Record<Theme, Theme> = { auto: "dark", dark: "light", light: "auto" };
const THEME_MARK: Record<Theme, string> = { auto: "◐", dark: "☾", light: "☀" };

export function TopBar({ showHelp }: { showHelp: () => void }) {
  const theme = settings.theme.value;
  const login = who.value;
  return (
    <header class="top">
      <a class="brand" href="#/">
        <span class="mark" aria-hidden="true" /> Hub
      </a>
      <nav aria-label="Views">
        <Link view="list" href="#/" text="Streams" />
      </nav>
      {place.value.view === "list" ? <span class="totals" /> : <TotalsLine />}
      <button
        type="button"
        class="plain"
        onClick={() => {
          settings.theme.value = NEXT_THEME[theme];
        }}
        aria-label={`Colours: ${theme}`}
        title={`Colours: ${theme === "auto" ? "as the system has them" : theme}`}
      >
        {THEME_MARK[theme]}
      </button>
      <button
        type="button"
        class="plain"
        onClick={showHelp}
        aria-label="Keyboard help"
        title="Keyboard help (?)"
      >
        ?
      </button>
      {login !== null && login !== "asking" && (
        <button type="button" class="plain" onClick={leave} title={`${login.principal}, ${login.role}`}>
          Log out
        </button>
      )}
    </header>
  );
}

function Link({ view, href, text }: { view: ViewName; href: string; text: string }) {
  return (
    <a href={href} aria-current={place.value.view === view ? "page" : undefined}>
      {text}
    </a>
  );
}
