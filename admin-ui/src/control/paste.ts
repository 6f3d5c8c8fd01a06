// What is pasted into a terminal runs at once where it has line ends: that is asked for.

export interface PasteQuestion {
  lines: number;
  /** The beginning, as one sees it: control characters as pictures. */
  preview: string;
}

const PREVIEW = 400;

/** Says what to ask before pasting; null where there is nothing to fear. */
export function pasteQuestion(text: string): PasteQuestion | null {
  if (!/[\x00-\x08\x0a-\x1f\x7f]/.test(text)) return null;
  const lines = text.replace(/\r\n?/g, "\n").replace(/\n$/, "").split("\n").length;
  const shown = text.length > PREVIEW ? `${text.slice(0, PREVIEW)}…` : text;
  return { lines, preview: shown.replace(/\r\n?/g, "\n").replace(/[\x00-\x08\x0b-\x1f\x7f]/g, picture) };
}

function picture(character: string): string {
  const code = character.charCodeAt(0);
  return String.fromCharCode(code === 0x7f ? 0x2421 : 0x2400 + code);
}
