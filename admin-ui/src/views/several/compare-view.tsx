// Two runs, of one stream or of two, beside each other: aligned by what they have in common, by time or by line.

import { useEffect, useState } from "preact/hooks";
import { wholeClock } from "../../numbers/clock";
import { connection, goTo, place, setKeys, streams, version } from "../../session/page-state";
import type { Align } from "../../several/aligning";
import { comparePlace } from "../../several/several-place";
import { runWord } from "../../streams/format";
import { duration } from "../../viewer/row-element";
import type { RunRow } from "../../wire/types";
import { ChooseStream } from "../choose-stream";
import { CompareTable } from "./compare-table";
import { RunFacts } from "./run-facts";
import { SeveralHead } from "./several-head";

const ALIGNS: [Align, string, string][] = [
  ["diff", "Difference", "What only one run has, and what changed"],
  ["time", "By time", "Lines that came at the same time after each run began"],
  ["line", "By line", "The first line beside the first, and so on"],
];

export function CompareView({ names }: { names: string[] }) {
  const [leftName = "", rightName = leftName] = names;
  const left = useRuns(leftName);
  const right = useRuns(rightName);
  const { keys } = place.value;
  const align = ALIGNS.find(([each]) => each === keys.by)?.[0] ?? "diff";
  const same = leftName === rightName;
  const rightRun = chosen(right.runs, keys.right, 1);
  const leftRun = chosen(left.runs, keys.left, same ? 2 : 1);
  const [times, setTimes] = useState(0);
  const problem = left.problem || right.problem;
  return (
    <section class="stream several compare">
      <SeveralHead way="compare">
        <fieldset class="choice" aria-label="How the runs are aligned">
          {ALIGNS.map(([each, text, title]) => (
            <button
              key={each}
              type="button"
              title={title}
              aria-pressed={each === align}
              onClick={() => setKeys({ by: each === "diff" ? "" : each })}
            >
              {text}
            </button>
          ))}
        </fieldset>
        {align === "diff" && (
          <>
            <Switch
              id="fold"
              off="off"
              text="Fold same"
              title="Long stretches of the same lines as one row"
            />
            <Switch
              id="loose"
              on="1"
              text="Ignore numbers"
              title="Lines that differ in numbers only are the same"
            />
          </>
        )}
      </SeveralHead>
      <div class="run-choices">
        <RunChoice side="left" name={leftName} runs={left.runs} run={leftRun} other={rightName} />
        <RunChoice side="right" name={rightName} runs={right.runs} run={rightRun} other={leftName} />
      </div>
      {problem && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      {same && left.runs?.length === 1 && (
        <p class="quiet notice">
          This stream has one run only. Another one begins when its producer comes again; or choose another
          stream.
        </p>
      )}
      {leftRun && rightRun && (
        <>
          <RunFacts left={leftRun} right={rightRun} />
          {(leftRun.end === null || rightRun.end === null) && (
            <p class="quiet notice">
              A run goes on: it is read as far as it has come.{" "}
              <button type="button" onClick={() => setTimes(times + 1)}>
                Compare again
              </button>
            </p>
          )}
          <CompareTable
            key={[
              leftName,
              rightName,
              stamp(leftRun),
              stamp(rightRun),
              align,
              keys.loose,
              keys.fold,
              times,
            ].join()}
            left={{ name: leftName, run: leftRun }}
            right={{ name: rightName, run: rightRun }}
            options={{ align, loose: keys.loose === "1", fold: keys.fold !== "off" }}
          />
        </>
      )}
    </section>
  );
}

/** What a comparison is made anew for: another run, or the same one with another end. */
function stamp({ run, end }: RunRow): string {
  return `${run}:${end}`;
}

interface SwitchProps {
  id: string;
  text: string;
  title: string;
  on?: string;
  off?: string;
}

/** A key of the address as a button: what it is when it is on, or when it is off; else it is not there. */
function Switch({ id, text, title, on = "", off = "" }: SwitchProps) {
  const pressed = (place.value.keys[id] ?? "") === on;
  return (
    <button
      type="button"
      aria-pressed={pressed}
      title={title}
      onClick={() => setKeys({ [id]: pressed ? off : on })}
    >
      {text}
    </button>
  );
}

/** The runs of a stream, told again when one began or ended. */
function useRuns(name: string): { runs: RunRow[] | null; problem: string } {
  const [runs, setRuns] = useState<RunRow[] | null>(null);
  const [problem, setProblem] = useState("");
  version.value;
  const row = streams.get(name);
  useEffect(() => {
    let gone = false;
    connection
      .whenLive()
      .then(() => connection.call("stream.runs", { stream: name }))
      .then(
        (answer) => {
          if (gone) return;
          setRuns(answer.runs);
          setProblem("");
        },
        (error: Error) => gone || setProblem(`${name}: ${error.message}`),
      );
    return () => {
      gone = true;
    };
  }, [name, row?.run, row?.state]);
  return { runs, problem };
}

/** The run with a number; without one the last, or the one before it where `back` is 2. */
function chosen(runs: RunRow[] | null, number: string | undefined, back: number): RunRow | undefined {
  if (!runs) return undefined;
  const byNumber = number && runs.find(({ run }) => run === Number(number));
  return byNumber || runs.at(-back) || runs[0];
}

interface ChoiceProps {
  side: "left" | "right";
  name: string;
  runs: RunRow[] | null;
  run: RunRow | undefined;
  other: string;
}

const MOST_RUNS = 500;

function RunChoice({ side, name, runs, run, other }: ChoiceProps) {
  const [choosing, setChoosing] = useState(false);
  const take = (taken: string) => {
    const { [side]: _, ...keys } = place.value.keys;
    goTo(comparePlace(side === "left" ? [taken, other] : [other, taken], keys));
  };
  const offered = (runs ?? []).slice(-MOST_RUNS).reverse();
  return (
    <div class="run-choice">
      <span class="side">{side === "left" ? "Left" : "Right"}</span>
      <bdi class="name" title={name}>
        {name}
      </bdi>
      <select
        aria-label={`Run on the ${side}`}
        value={run?.run}
        disabled={!runs?.length}
        onChange={(event) =>
          goTo({ ...place.value, keys: { ...place.value.keys, [side]: event.currentTarget.value } })
        }
      >
        {offered.map((each) => (
          <option key={each.run} value={each.run}>
            {runWords(each)}
          </option>
        ))}
      </select>
      <button type="button" aria-label={`Another stream on the ${side}`} onClick={() => setChoosing(true)}>
        Stream…
      </button>
      {choosing && (
        <ChooseStream label={`The stream on the ${side}`} take={take} close={() => setChoosing(false)} />
      )}
    </div>
  );
}

function runWords(row: RunRow): string {
  const { run, began_at, ended_at } = row;
  const { mark, word } = runWord(row);
  const took = ended_at === null ? "" : ` after ${duration(ended_at - began_at)}`;
  return `run ${run} · ${mark} ${word}${took} · ${wholeClock(began_at)}`;
}
