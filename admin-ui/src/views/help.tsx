// What the keys do, by where they do it.

import { Modal } from "./modal";
import { MOD_KEY } from "./typing";

const GROUPS: [string, [string, string][]][] = [
  [
    "Everywhere",
    [
      [`${MOD_KEY} K`, "jump to any stream or view"],
      ["?", "this help"],
      ["Esc", "shut what is open"],
    ],
  ],
  [
    "In the list",
    [
      ["/", "filter: name, state:failed, lines>1k; Enter goes into the list"],
      ["j k ↓ ↑", "next row, row before"],
      ["→ ←", "unfold, fold or to the folder"],
      ["*", "unfold all"],
      ["Enter", "open the stream, turn the folder"],
      ["space", "pick a stream, to show several together"],
      ["Home End", "first row, last row"],
      ["Del", "delete the stream, if you may"],
    ],
  ],
  [
    "In a stream",
    [
      ["f", "follow the end, or pause"],
      ["g", "go to a line, time, run or offset"],
      ["Home End", "to the start; to the end, and follow"],
      ["t", "when each line came"],
      ["w", "break long lines"],
      ["l", "line numbers"],
      ["z", "fold groups and traces"],
      ["i", "statistics beside the text"],
      ["c", "who controls it, commands, watchers, marks"],
      ["u", "back to the list"],
      ["b", "another stream beside this one"],
      ["r", "compare two runs"],
      ["/", `find; also ${MOD_KEY} F, which pressed again is the browser's own`],
      ["n N", "the next line found, the one before"],
      ["e E", "the next error, the one before"],
    ],
  ],
  [
    "Side by side: as in a stream, and",
    [
      ["1 2 3 4", "the pane that has the keys"],
      ["/", "find and mark in all panes; the bars, and the filter, are for all of them"],
      ["n N", "its next line found, the one before"],
      ["e E", "its next error, the one before"],
      ["s", "the other panes to the time of this one"],
      ["b", "one more stream"],
    ],
  ],
  [
    "Merged by time",
    [
      ["f g", "follow or pause; go to a time, the start or the end"],
      ["Home End", "to the start; to the end, and follow"],
      ["t w l", "times, long lines, numbers"],
      ["b", "one more stream"],
      ["/", "find in all of these streams"],
      ["n N", "the next line found, the one before, by time"],
      ["e E", "the next error, the one before, by time"],
    ],
  ],
  [
    "Two runs compared",
    [
      ["n N", "the next difference, the one before"],
      ["j k ↓ ↑", "next row, row before"],
      ["Home End", "first row, last row"],
      ["Enter", "unfold lines that are the same"],
      ["/", "where the streams can be looked through"],
    ],
  ],
];

export function Help({ close }: { close: () => void }) {
  return (
    <Modal label="Keyboard" close={close} class="wide help">
      <h2>Keyboard</h2>
      <div class="key-groups">
        {GROUPS.map(([title, keys]) => (
          <section key={title}>
            <h3>{title}</h3>
            <dl>
              {keys.map(([key, text]) => (
                <div key={key}>
                  <dt>
                    {key.split(" ").map((each) => (
                      <kbd key={each}>{each}</kbd>
                    ))}
                  </dt>
                  <dd>{text}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
      <div class="modal-actions">
        <button type="button" onClick={close}>
          Close
        </button>
      </div>
    </Modal>
  );
}
