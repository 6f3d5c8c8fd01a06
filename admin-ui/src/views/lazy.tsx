// Parts of the page whose code comes when it is wanted, or once the page has nothing else to do: what is shown first
// does not wait for it, and what is opened later does not wait for a hub that may be gone by then.

import type { FunctionComponent } from "preact";
import { useEffect, useLayoutEffect, useState } from "preact/hooks";
import { Parts } from "../session/parts";
import { holdKeys } from "./held-keys";

export const parts = new Parts();

/** A component whose code is loaded by `load`; `what` is what people call it, `Waiting` keeps its place meanwhile.
 * Where it `takesKeys` once it is there, what is typed before is put into it. */
export function lazy<P extends object>(
  what: string,
  load: () => Promise<FunctionComponent<P>>,
  Waiting: FunctionComponent = () => null,
  takesKeys: (props: P) => boolean = () => false,
): FunctionComponent<P> & { soon(): void } {
  const part = parts.add(load);
  function Lazy(props: P) {
    const [Loaded, setLoaded] = useState(() => part.loaded);
    const [failed, setFailed] = useState(false);
    const begin = () => {
      setFailed(false);
      part.load().then(
        (component) => setLoaded(() => component),
        () => setFailed(true),
      );
    };
    useEffect(() => {
      if (!Loaded) begin();
    }, []);
    const waits = !Loaded && !failed && takesKeys(props);
    // It has the focus when this ends: effects of what is inside come first.
    useLayoutEffect(() => (waits ? holdKeys() : undefined), [waits]);
    if (Loaded) return <Loaded {...props} />;
    if (!failed) return <Waiting />;
    return (
      <p class="problem part-missing" role="alert">
        {what} could not be loaded: the hub is not reached, or it has a newer page than this one.{" "}
        <button type="button" onClick={begin}>
          Try again
        </button>{" "}
        <button type="button" onClick={() => location.reload()}>
          Load the page anew
        </button>
      </p>
    );
  }
  /** Loads it now, for what is about to be wanted: keys that are pressed in it do not wait. */
  const soon = () => void part.load().catch(() => undefined); // it is tried again, and told, when it is wanted
  return Object.assign(Lazy, { soon });
}
