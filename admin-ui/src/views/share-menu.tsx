// Sharing what is seen: a link to it, and its text as a file.

import { useEffect, useRef } from "preact/hooks";
import type { LineFilter } from "../find/rules";
import { connection, streams, version } from "../session/page-state";
import { copyText } from "../share/clipboard";
import { type AskLines, fileName, filteredOf, save } from "../share/download";
import { bytes, count } from "../streams/format";
import { rawAddress } from "./stream-head";
import { type Task, useTask } from "./task";

export const askLines: AskLines = (params, watch) => connection.call("stream.lines", params, watch);

export function ShareMenu({ name, filter }: { name: string; filter: LineFilter }) {
  const task = useTask();
  const menu = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    const pressed = (event: PointerEvent) => {
      if (menu.current && !menu.current.contains(event.target as Node)) menu.current.open = false;
    };
    addEventListener("pointerdown", pressed);
    return () => removeEventListener("pointerdown", pressed);
  }, []);
  const copyLink = () =>
    task.run(async () => {
      await copyText(location.href);
      return "Link copied";
    });
  return (
    <details class="menu" ref={menu} onKeyDown={escapes}>
      <summary title="Links and downloads">Share</summary>
      <div class="menu-sheet">
        <button
          type="button"
          onClick={copyLink}
          title="All that is set here: place, filter, what is looked for"
        >
          Copy a link to this view
        </button>
        <Downloads name={name} filter={filter} task={task} />
        <TaskState task={task} />
      </div>
    </details>
  );
}

function Downloads({ name, filter, task }: { name: string; filter: LineFilter; task: Task }) {
  version.value;
  const row = streams.get(name);
  const filtered = () =>
    row &&
    task.run(async (told, signal) => {
      const accept = (plain: string, line: { ch?: string }) => filter.passes(plain, line.ch);
      const { text, lines, cut } = await filteredOf(askLines, name, row, accept, told, signal);
      if (lines === 0) return "No line of this stream is shown by the filter";
      save(text, fileName(name, "filtered"));
      return `${count(lines)} lines${cut ? `; ${count(cut)} of them are cut at 16 KiB` : ""}`;
    });
  return (
    <>
      <a
        href={rawAddress(name)}
        download={fileName(name)}
        title="All that is kept; up to the first gap, where bytes are missing"
      >
        Download everything{row && ` (${bytes(row.end - row.start)})`}
      </a>
      <a href={rawAddress(name)} target="_blank" rel="noopener">
        Raw text in a new tab
      </a>
      <button
        type="button"
        onClick={filtered}
        disabled={!row || !filter.filters}
        title={filter.filters ? "Of all that is kept of this stream" : "Set a filter first"}
      >
        Download what the filter shows
      </button>
    </>
  );
}

function TaskState({ task }: { task: Task }) {
  if (task.problem)
    return (
      <p class="problem" role="alert">
        {task.problem}
      </p>
    );
  if (task.share === null) return <p role="status">{task.said}</p>;
  return (
    <p class="under-way">
      <progress value={task.share} max={1} aria-label="Download" />
      <button type="button" onClick={task.stop}>
        Stop
      </button>
    </p>
  );
}

function escapes(event: KeyboardEvent): void {
  const menu = event.currentTarget as HTMLDetailsElement;
  if (event.key !== "Escape" || !menu.open) return;
  event.stopPropagation();
  menu.open = false;
  menu.querySelector("summary")?.focus();
}
