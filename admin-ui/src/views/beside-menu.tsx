// From one stream to it and others: beside each other, or two runs compared.

import { useState } from "preact/hooks";
import { goTo, place } from "../session/page-state";
import { comparePlace, withStream } from "../several/several-place";
import { ChooseStream } from "./choose-stream";
import { useKeys } from "./use-keys";

export function BesideMenu({ name }: { name: string }) {
  const [choosing, setChoosing] = useState(false);
  const compare = () => goTo(comparePlace([name]));
  useKeys({ b: () => setChoosing(true), r: compare });
  return (
    <>
      <button type="button" onClick={() => setChoosing(true)} title="Show another stream beside this one (b)">
        Beside…
      </button>
      <button type="button" onClick={compare} title="Compare two runs of this stream (r)">
        Runs
      </button>
      {choosing && (
        <ChooseStream
          label="A stream beside this one"
          take={(chosen) => goTo(withStream(place.value, chosen))}
          close={() => setChoosing(false)}
        />
      )}
    </>
  );
}
