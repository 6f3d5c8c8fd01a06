// What the keys do in the list: where they lead, and which folders they turn.

import type { FleetRow } from "./fleet";

export type Act =
  | { kind: "move"; index: number }
  | { kind: "turn"; id: string; open: boolean }
  | { kind: "open"; name: string }
  | { kind: "remove"; name: string }
  | { kind: "pick"; name: string }
  | { kind: "all"; open: boolean };

/** What a key does with the cursor at row `at` (-1: nowhere yet); null where it does nothing here. */
export function actOf(key: string, rows: readonly FleetRow[], at: number, pageRows: number): Act | null {
  const last = rows.length - 1;
  if (last < 0) return null;
  const move = (index: number): Act => ({ kind: "move", index: Math.min(last, Math.max(0, index)) });
  if (key === "ArrowDown" || key === "j") return move(at + 1);
  if (key === "ArrowUp" || key === "k") return move(at < 0 ? last : at - 1);
  if (key === "Home") return move(0);
  if (key === "End") return move(last);
  if (key === "PageDown") return move(at + pageRows);
  if (key === "PageUp") return move(at - pageRows);
  if (key === "*") return { kind: "all", open: true };
  const row = rows[at];
  if (!row) return null;
  const { branch, open } = row;
  if (key === "Enter") {
    if (branch.kind === "stream") return { kind: "open", name: branch.id };
    return { kind: "turn", id: branch.id, open: !open };
  }
  if (key === " " && branch.kind === "stream") return { kind: "pick", name: branch.id };
  if (key === "Delete" && branch.kind === "stream") return { kind: "remove", name: branch.id };
  if (key === "ArrowRight") {
    if (open === false) return { kind: "turn", id: branch.id, open: true };
    return open ? move(at + 1) : null;
  }
  if (key === "ArrowLeft") {
    if (open) return { kind: "turn", id: branch.id, open: false };
    const parent = rows.findLastIndex((each, index) => index < at && each.level < row.level);
    return parent < 0 ? null : move(parent);
  }
  return null;
}
