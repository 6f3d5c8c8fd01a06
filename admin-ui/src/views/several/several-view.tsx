// Several streams in one view, in the way that the address says.

import { useEffect } from "preact/hooks";
import { place } from "../../session/page-state";
import { shownOf, wayOf } from "../../several/several-place";
import { BesideView } from "./beside-view";
import { CompareView } from "./compare-view";
import { MergedView } from "./merged-view";
import "../../styles/compare.css";
import "../../styles/several.css";

export function SeveralView() {
  const way = wayOf(place.value);
  const { names } = shownOf(place.value);
  useEffect(() => {
    document.title = `${names.join(", ")} · Hub`;
  }, [names.join()]);
  if (way === "merged") return <MergedView key={names.join()} names={names} />;
  if (way === "compare") return <CompareView key={names.join()} names={names} />;
  return <BesideView key={names.join()} names={names} />;
}
