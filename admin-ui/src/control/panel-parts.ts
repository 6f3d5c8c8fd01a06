// The parts of the panel over a stream's text. Where there is room all are open; else one is, and the others are
// headings with what they have in short.

import { signal } from "@preact/signals";

export type PanelPart = "control" | "commands" | "watching" | "marks";

/** What somebody opened last, where one part is open at a time; null before. */
export const chosenPart = signal<PanelPart | null>(null);

/** Whether a part is open. Who may not control a stream is here for those who watch it. */
export function isPartOpen(
  part: PanelPart,
  { roomy, chosen, operator }: { roomy: boolean; chosen: PanelPart | null; operator: boolean },
): boolean {
  return roomy || part === (chosen ?? (operator ? "control" : "watching"));
}
