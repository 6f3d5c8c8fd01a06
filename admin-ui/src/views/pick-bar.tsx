// What can be done with the streams that are picked in the list. It lies over the list's end: the list must not move.

import { goTo } from "../session/page-state";
import { besidePlace, comparePlace, MOST_BESIDE, MOST_MERGED, mergedPlace } from "../several/several-place";
import { picked } from "./fleet-state";

export function PickBar() {
  const names = [...picked.value];
  const count = names.length;
  return (
    <div class={count ? "pick-bar" : "pick-bar hidden"}>
      <span role="status">{count ? `${count} picked` : ""}</span>
      {count > 0 && (
        <>
          <button
            type="button"
            disabled={count < 2 || count > MOST_BESIDE}
            title={`Two to ${MOST_BESIDE} streams in columns`}
            onClick={() => goTo(besidePlace(names))}
          >
            Side by side
          </button>
          <button
            type="button"
            disabled={count < 2 || count > MOST_MERGED}
            title={`Two to ${MOST_MERGED} streams as one text, by time`}
            onClick={() => goTo(mergedPlace(names))}
          >
            Merge
          </button>
          <button
            type="button"
            disabled={count > 2}
            title="Two runs of one stream, or of two"
            onClick={() => goTo(comparePlace(names))}
          >
            Compare runs
          </button>
          <button
            type="button"
            class="plain"
            onClick={() => {
              picked.value = [];
            }}
          >
            Clear
          </button>
        </>
      )}
    </div>
  );
}
