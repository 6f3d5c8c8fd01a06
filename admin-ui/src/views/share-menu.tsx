// Sharing what is seen: the menu, whose sheet comes when it is opened.

import { useEffect, useRef, useState } from "preact/hooks";
import type { LineFilter } from "../find/rules";
import { lazy } from "./lazy";
import { useTask } from "./task";

const ShareSheet = lazy("The menu", () => import("./share-sheet").then(({ ShareSheet }) => ShareSheet));

export function ShareMenu({ name, filter }: { name: string; filter: LineFilter }) {
  const task = useTask();
  const [opened, setOpened] = useState(false);
  const menu = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    const pressed = (event: PointerEvent) => {
      if (menu.current && !menu.current.contains(event.target as Node)) menu.current.open = false;
    };
    addEventListener("pointerdown", pressed);
    return () => removeEventListener("pointerdown", pressed);
  }, []);
  return (
    <details
      class="menu"
      ref={menu}
      onKeyDown={escapes}
      onToggle={(event) => event.currentTarget.open && setOpened(true)}
    >
      <summary title="Links and downloads">Share</summary>
      <div class="menu-sheet">{opened && <ShareSheet name={name} filter={filter} task={task} />}</div>
    </details>
  );
}

function escapes(event: KeyboardEvent): void {
  const menu = event.currentTarget as HTMLDetailsElement;
  if (event.key !== "Escape" || !menu.open) return;
  event.stopPropagation();
  menu.open = false;
  menu.querySelector("summary")?.focus();
}
