// What the share menu offers: a link to what is seen, and its text as a file.

import type { LineFilter } from "../find/rules";
import { connection, streams, version } from "../session/page-state";
import { copyText } from "../share/clipboard";
import { type AskLines, fileName, filteredOf, save } from "../share/download";
import { bytes, count } from "../streams/format";
import { rawAddress } from "./stream-head";
import type { Task } from "./task";

export const askLines: AskLines = (params, watch) => connection.call("stream.lines", params, watch);

interface Props {
  name: string;
  filter: LineFilter;
  task: Task;
}

export function ShareSheet({ name, filter, task }: Props) {
  const copyLink = () =>
    task.run(async () => {
      await copyText(location.href);
      return "Link copied";
    });
  return (
    <>
      <button
        type="button"
        onClick={copyLink}
        title="All that is set here: place, filter, what is looked for"
      >
        Copy a link to this view
      </button>
      <Downloads name={name} filter={filter} task={task} />
      <TaskState task={task} />
    </>
  );
}

function Downloads({ name, filter, task }: { name: string; filter: LineFilter; task: Task }) {
  version.value;
  const row = streams.get(name);
  const filtered = () =>
    task.run(async (told, signal) => {
      const accept = (plain: string, line: { ch?: string }) => filter.passes(plain, line.ch);
      const kept = await keptNow(name, signal);
      const { text, lines, cut } = await filteredOf(askLines, name, kept, accept, told, signal);
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

/** What is kept of a stream by now: the list is told of it a second late, and the text that is read may be ahead. */
async function keptNow(name: string, signal: AbortSignal): Promise<{ start: number; end: number }> {
  const { streams } = await connection.call("stream.list", { pattern: name }, { signal });
  const [row] = streams;
  if (!row) throw new Error("this stream is not kept any more");
  return row;
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
