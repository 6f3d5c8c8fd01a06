// What lies over a text: a problem, what is under way, and that it is paused.

import { count } from "../streams/format";
import type { PaneState } from "../viewer/pane";

export function PaneOver({ state, resume }: { state: PaneState; resume: () => void }) {
  return (
    <>
      <div class="over">
        {state.problem && (
          <p class="chip bad" role="alert">
            {state.problem}
          </p>
        )}
        {state.busy && (
          <p class="chip" role="status">
            {state.busy}
          </p>
        )}
      </div>
      {!state.following && <Paused state={state} resume={resume} />}
    </>
  );
}

function Paused({ state, resume }: { state: PaneState; resume: () => void }) {
  return (
    <div class="paused" role="status">
      <span aria-hidden="true">❚❚</span> Paused
      {state.missed > 0 && (
        <b>
          {count(state.missed)} new {state.missed === 1 ? "line" : "lines"}
        </b>
      )}
      {state.apart && <span class="quiet wide">the rest waits at the hub</span>}
      <button type="button" onClick={resume}>
        Jump to end ↓
      </button>
    </div>
  );
}
