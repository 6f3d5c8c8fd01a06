// Where the control views have their places, in what is loaded at the start: as little as can be.

import { useEffect } from "preact/hooks";
import { control, controlProblem, loadControl } from "../control/loaded";
import { place, setKeys } from "../session/page-state";

type Parts = NonNullable<typeof control.value>;

/** One of the control views; nothing until it is there. */
export function ControlPart({ part, load }: { part: "LeasesView" | "LeaseNotices"; load?: boolean }) {
  useEffect(() => {
    if (load) loadControl();
  }, [load]);
  const View = control.value?.[part];
  if (View) return <View />;
  return load ? <p class="quiet asking">{controlProblem.value || "…"}</p> : null;
}

export function toggleControl(): void {
  setKeys({ control: place.value.keys.control ? "" : "on" });
}

/** A switch for the panel, which says who controls the stream. */
export function ControlSwitch({ name }: { name: string }) {
  useEffect(() => {
    loadControl();
  }, []);
  const Badge: Parts["LeaseBadge"] | undefined = control.value?.LeaseBadge;
  return (
    <button
      type="button"
      class="control-switch"
      aria-pressed={place.value.keys.control !== undefined}
      title={controlProblem.value || "Who controls it, commands, who watches, marks (c)"}
      onClick={toggleControl}
    >
      {Badge ? <Badge name={name} /> : "Control"}
    </button>
  );
}

export function ControlSlot({ name, goTo }: { name: string; goTo: (offset: number) => void }) {
  if (place.value.keys.control === undefined) return null;
  const Panel = control.value?.ControlPanel;
  return Panel ? <Panel name={name} goTo={goTo} /> : <p class="quiet">{controlProblem.value || "…"}</p>;
}
