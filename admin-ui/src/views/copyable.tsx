// A text that one takes elsewhere, with a button that copies it.

import { useState } from "preact/hooks";
import { copyText } from "../share/clipboard";

export function Copyable({ text }: { text: string }) {
  const [said, setSaid] = useState("Copy");
  const copy = () =>
    copyText(text).then(
      () => setSaid("Copied"),
      () => setSaid("Select and copy"),
    );
  return (
    <span class="copyable">
      <code>{text}</code>
      <button type="button" onClick={copy} aria-label={`Copy: ${text}`}>
        <span role="status">{said}</span>
      </button>
    </span>
  );
}
