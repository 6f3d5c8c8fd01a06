// Words that somebody put into a stream's record, and a way to put more.

import { useEffect, useState } from "preact/hooks";
import { newIdem } from "../control/state";
import { connection, hearers, now, status, streams, who } from "../session/page-state";
import { may } from "../session/rights";
import { age, count } from "../streams/format";
import type { HubEvent, MarkRow } from "../wire/types";
import { Part } from "./panel-part";

interface Props {
  name: string;
  goTo: (offset: number) => void;
}

export function StreamMarks({ name, goTo }: Props) {
  const { marks, problem } = useMarks(name);
  const epoch = streams.get(name)?.epoch;
  return (
    <Part part="marks" title="Marks" short={marks?.length ? count(marks.length) : ""}>
      {may(who.value, "operator") && <MarkForm name={name} />}
      {problem && <p class="problem">{problem}</p>}
      {marks?.length === 0 && <p class="quiet">No marks yet.</p>}
      <ol class="marks">
        {marks?.toReversed().map((mark) => (
          <li key={`${mark.epoch}:${mark.offset}:${mark.at}`}>
            {mark.epoch === epoch ? (
              <button type="button" class="plain" onClick={() => goTo(mark.offset)} dir="auto">
                {mark.text}
              </button>
            ) : (
              <span dir="auto">{mark.text}</span>
            )}{" "}
            <span class="quiet">
              <bdi>{mark.by}</bdi>, {age(mark.at, now.value)}
            </span>
          </li>
        ))}
      </ol>
    </Part>
  );
}

function MarkForm({ name }: { name: string }) {
  const [text, setText] = useState("");
  const [problem, setProblem] = useState("");
  const put = (event: SubmitEvent) => {
    event.preventDefault();
    connection.call("stream.mark", { stream: name, text: text.trim(), idem: newIdem() }).then(
      () => {
        setText("");
        setProblem("");
      },
      (error: Error) => setProblem(error.message),
    );
  };
  return (
    <form class="one-line" onSubmit={put}>
      <input
        type="text"
        aria-label="Words for a mark at the stream's end"
        placeholder="Mark the stream's end"
        maxLength={1000}
        dir="auto"
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
      />
      <button type="submit" disabled={!text.trim() || status.value.kind !== "live"}>
        Mark
      </button>
      {problem && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
    </form>
  );
}

/** The stream's marks, oldest first, live. */
function useMarks(name: string): { marks: MarkRow[] | null; problem: string } {
  const [marks, setMarks] = useState<MarkRow[] | null>(null);
  const [problem, setProblem] = useState("");
  const live = status.value.kind === "live";
  useEffect(() => {
    if (!live) return;
    let gone = false;
    const list = () =>
      connection.call("stream.marks", { stream: name }).then(
        ({ marks: known }) => !gone && setMarks(known),
        (error: Error) => !gone && setProblem(error.message),
      );
    const hear = (event: HubEvent) => {
      if ((event.topic === "stream.marked" && event.stream === name) || event.topic === "lost") list();
    };
    list();
    hearers.add(hear);
    return () => {
      gone = true;
      hearers.delete(hear);
    };
  }, [name, live]);
  return { marks, problem };
}
