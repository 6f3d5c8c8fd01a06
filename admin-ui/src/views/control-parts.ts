// What comes with the code of leases and commands, in one piece.

import "../styles/control.css";
import "../styles/terminal.css";
import { begin } from "../control/state";

export { ControlPanel, LeaseBadge } from "./control-panel";
export { LeaseNotices } from "./lease-notices";
export { LeasesView } from "./leases-view";

begin();
