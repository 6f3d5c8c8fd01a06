const KEYS = [
  ["/", "filter streams by name"],
  ["f", "follow the end, or pause"],
  ["End", "jump to the end and follow"],
  ["Home", "go to the oldest line held"],
  ["t", "show when each line came, or hide it"],
  ["i", "statistics of the stream beside its text"],
  ["Esc", "back to the list"],
  ["?", "this help"],
];

export function Help({ close }: { close: () => void }) {
  return (
    <dialog class="card" open aria-label="Keyboard">
      <h2>Keyboard</h2>
      <dl>
        {KEYS.map(([key, text]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
      <button type="button" onClick={close}>
        Close
      </button>
    </dialog>
  );
}
