// Whether the numbers are shown beside the text.

import { setting } from "../session/settings";

export const panelShown = setting("panel", false);
