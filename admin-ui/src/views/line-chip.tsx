// What can be done with the lines that are marked: it comes up when a line number is clicked, or by a link to lines.

import { copyText } from "../share/clipboard";
import { fileName, lineEnd, rangeOf, save } from "../share/download";
import type { Marked } from "../share/marked-lines";
import { lineWords } from "../share/marked-words";
import { plainText } from "../viewer/ansi";
import type { Row } from "../viewer/rows";
import { askLines } from "./share-sheet";
import { rawAddress } from "./stream-head";
import { useTask } from "./task";

interface Props {
  name: string;
  marked: Marked;
  rows: readonly Row[];
  close(): void;
}

export function LineChip({ name, marked, rows, close }: Props) {
  const task = useTask();
  const copyLink = () =>
    task.run(async () => {
      await copyText(location.href);
      return "Link copied";
    });
  const bytesOf = async (told: (done: number, of: number) => void, signal: AbortSignal) => {
    const end = await lineEnd(askLines, name, marked.to);
    return rangeOf(rawAddress(name), marked.from, end, told, signal);
  };
  const copyLines = () =>
    task.run(async (told, signal) => {
      const text = await (await bytesOf(told, signal)).text();
      await copyText(text.replace(/\n$/, "").split("\n").map(plainText).join("\n"));
      return "Text copied";
    });
  const download = () =>
    task.run(async (told, signal) => {
      save(await bytesOf(told, signal), fileName(name, `${marked.from}-${marked.to}`));
      return "Downloaded";
    });
  return (
    <section class="line-chip" aria-label="Marked lines">
      <b>{lineWords(marked, rows)}</b>
      <button type="button" onClick={copyLink} title="An address that leads to these lines, now and later">
        Copy link
      </button>
      <button type="button" onClick={copyLines}>
        Copy text
      </button>
      <button type="button" onClick={download}>
        Download
      </button>
      <span class="quiet" role="status">
        {task.said ||
          (task.share !== null ? "…" : marked.from === marked.to && "Shift-click another number: a range")}
      </span>
      {task.problem && (
        <span class="problem" role="alert">
          {task.problem}
        </span>
      )}
      <button type="button" class="plain" onClick={close} aria-label="Unmark" title="Unmark">
        ×
      </button>
    </section>
  );
}
