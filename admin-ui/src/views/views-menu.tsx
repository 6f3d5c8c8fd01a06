// Views with names: the ones that were kept, and the one that is shown now.

import { useState } from "preact/hooks";
import { printPlace } from "../session/address";
import { place } from "../session/page-state";
import { savedViews, withoutView, withView } from "../session/saved-views";
import { Copyable } from "./copyable";
import { Modal } from "./modal";

export function ViewsMenu({ close }: { close: () => void }) {
  const here = printPlace(place.value);
  const [name, setName] = useState("");
  const keep = (event: SubmitEvent) => {
    event.preventDefault();
    savedViews.value = withView(savedViews.value, name.trim(), here);
    setName("");
  };
  return (
    <Modal label="Saved views" close={close}>
      <h2>Saved views</h2>
      {savedViews.value.length === 0 ? (
        <p class="quiet">None yet. A view keeps what is shown, filtered and sorted, in this browser.</p>
      ) : (
        <ul class="views">
          {savedViews.value.map((view) => (
            <li key={view.name}>
              <a
                href={view.address}
                onClick={close}
                aria-current={view.address === here ? "true" : undefined}
              >
                <bdi>{view.name}</bdi>
              </a>
              <button
                type="button"
                class="plain"
                aria-label={`Remove ${view.name}`}
                onClick={() => {
                  savedViews.value = withoutView(savedViews.value, view.name);
                }}
              >
                ×
              </button>
            </li>
          ))}
        </ul>
      )}
      <form class="keep-view" onSubmit={keep}>
        <label>
          Keep what is shown now as
          <input
            type="text"
            maxLength={80}
            dir="auto"
            value={name}
            placeholder="A name"
            onInput={(event) => setName(event.currentTarget.value)}
          />
        </label>
        <button type="submit" disabled={!name.trim()}>
          Keep
        </button>
      </form>
      <p class="quiet">Or send its address; it shows the same to whoever may see it:</p>
      <Copyable text={`${location.origin}${location.pathname}${here}`} />
      <div class="modal-actions">
        <button type="button" onClick={close}>
          Close
        </button>
      </div>
    </Modal>
  );
}
