// One row of the list: a folder with its sums, or a stream.

import { printPlace, streamPlace } from "../session/address";
import { asOf, now, streams } from "../session/page-state";
import type { FleetRow } from "../streams/fleet";
import type { Folder, Leaf } from "../streams/fleet-tree";
import { age, bytes, count, metaText, rate, stateWord } from "../streams/format";
import { SPARK_POINTS } from "../streams/stream-list";
import { pick, picked } from "./fleet-state";
import { Sparkline } from "./sparkline";

interface Props {
  row: FleetRow;
  index: number;
  top: number;
  isAt: boolean;
  turn: (id: string, open: boolean) => void;
  remove: ((name: string) => void) | null;
}

export const rowId = (index: number) => `fleet-${index}`;

export function Row({ row, index, top, isAt, turn, remove }: Props) {
  const { branch, level, open, position, siblings } = row;
  const tone = branch.kind === "stream" ? stateWord(branch.row.state, branch.row.status).tone : "";
  return (
    <div
      role="row"
      id={rowId(index)}
      class={`fleet-row is-${branch.kind} ${tone}${isAt ? " at" : ""}${picked.value.includes(branch.id) ? " picked" : ""}`}
      data-id={branch.id}
      aria-level={level + 1}
      aria-posinset={position}
      aria-setsize={siblings}
      aria-rowindex={index + 2}
      aria-expanded={open ?? undefined}
      aria-selected={isAt}
      style={{ top: `${top}px`, "--level": String(level) }}
    >
      {branch.kind === "folder" ? (
        <FolderName folder={branch} open={open === true} turn={turn} />
      ) : (
        <StreamName leaf={branch} />
      )}
      <div role="gridcell" class="c-state">
        {branch.kind === "folder" ? <FolderState folder={branch} /> : <StreamState leaf={branch} />}
      </div>
      <div role="gridcell" class="c-spark">
        <Sparkline
          values={streams.sparkline(branch.id)}
          points={SPARK_POINTS}
          width={96}
          height={18}
          label={rate(branch.sums.rate)}
        />
      </div>
      <Numbers branch={branch} />
      {remove && (
        <div role="gridcell" class="c-act">
          {branch.kind === "stream" && (
            <button
              type="button"
              class="plain"
              tabIndex={-1}
              aria-label={`Delete ${branch.id}`}
              title="Delete… (Del)"
              onClick={() => remove(branch.id)}
            >
              <span aria-hidden="true">✕</span>
            </button>
          )}
        </div>
      )}
    </div>
  );
}

function FolderName({
  folder,
  open,
  turn,
}: {
  folder: Folder;
  open: boolean;
  turn: (id: string, open: boolean) => void;
}) {
  return (
    <div role="rowheader" class="c-name" title={folder.id}>
      <button
        type="button"
        class="turn"
        tabIndex={-1}
        aria-label={open ? `Fold ${folder.id}` : `Unfold ${folder.id}`}
        onClick={(event) => {
          event.stopPropagation();
          turn(folder.id, !open);
        }}
      >
        <span aria-hidden="true" class={open ? "twist open" : "twist"} />
      </button>
      <span class="label">
        <bdi>{folder.label}</bdi>
      </span>
      <span class="chip">{count(folder.sums.streams)}</span>
    </div>
  );
}

// Names without siblings like them differ at their ends most: where one is cut, it is in the middle.
const TAIL = 8;
// As many letters can be left of a front where there is no room.
const LEAST_FRONT = 5;

function StreamName({ leaf }: { leaf: Leaf }) {
  const { label, own } = leaf;
  const { from, to } = own ?? { from: Math.max(0, label.length - TAIL), to: label.length };
  return (
    <div role="rowheader" class="c-name" title={leaf.id}>
      <a href={printPlace(streamPlace(leaf.id))} tabIndex={-1} class="label" aria-label={leaf.id}>
        <span class={from > LEAST_FRONT ? "front long" : "front"}>
          <Part label={label} from={0} to={from} />
        </span>
        <span class={own ? "apart" : "apart tail"}>
          <Part label={label} from={from} to={to} />
        </span>
        <span class="back">
          <Part label={label} from={to} to={label.length} />
        </span>
      </a>
      <button
        type="button"
        class="pick"
        role="checkbox"
        tabIndex={-1}
        aria-checked={picked.value.includes(leaf.id)}
        aria-label={`Pick ${leaf.id}`}
        title="Pick it, to show several together (space)"
        onClick={() => pick(leaf.id)}
      />
    </div>
  );
}

/** A part of a name, where it has the path to the stream that in its own colour. */
function Part({ label, from, to }: { label: string; from: number; to: number }) {
  const slash = Math.min(to, Math.max(from, label.lastIndexOf("/") + 1));
  return (
    <>
      {slash > from && <span class="path">{label.slice(from, slash)}</span>}
      {label.slice(slash, to)}
    </>
  );
}

function StreamState({ leaf }: { leaf: Leaf }) {
  const { word, tone, mark } = stateWord(leaf.row.state, leaf.row.status);
  return (
    <span class={`state ${tone}`} title={leaf.row.status ?? leaf.row.state}>
      <span aria-hidden="true">{mark}</span> <bdi>{word}</bdi>
    </span>
  );
}

function FolderState({ folder }: { folder: Folder }) {
  const { live, failed } = folder.sums;
  return (
    <span class="folder-state">
      {live > 0 && (
        <span class="state live">
          <span aria-hidden="true">●</span> {count(live)} live
        </span>
      )}
      {failed > 0 && (
        <span class="state bad">
          <span aria-hidden="true">✗</span> {count(failed)} failed
        </span>
      )}
    </span>
  );
}

function Numbers({ branch }: { branch: Folder | Leaf }) {
  const { sums } = branch;
  return (
    <>
      <div role="gridcell" class="c-rate number">
        {sums.rate === 0 ? <span class="none">–</span> : rate(sums.rate)}
      </div>
      <div role="gridcell" class="c-lines number">
        {count(sums.lines)}
        <span class="unit">{sums.lines === 1 ? " line" : " lines"}</span>
      </div>
      <div role="gridcell" class="c-bytes number">
        {bytes(sums.bytes)}
      </div>
      <div
        role="gridcell"
        class={sums.errors ? "c-errors number bad" : "c-errors number"}
        title="Lines of the levels error and fatal, and what was raised, as far as the hub has looked"
      >
        {sums.errors === null ? "–" : count(sums.errors)}
        <span class="unit">{sums.errors === 1 ? " error" : " errors"}</span>
      </div>
      <div role="gridcell" class="c-last number">
        {age(sums.lastAt, asOf.value ?? now.value)}
      </div>
      <div role="gridcell" class="c-watchers number">
        {sums.watchers || "–"}
      </div>
      <div role="gridcell" class="c-runs number">
        {count(sums.runs)}
      </div>
      <div role="gridcell" class="c-meta" dir="auto">
        {branch.kind === "stream" ? metaText(branch.row.meta) : ""}
      </div>
    </>
  );
}
