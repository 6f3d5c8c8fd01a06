// What happened to this page's leases without its own doing: over the page until it is read, but in nobody's way.

import { streamOf } from "../control/leases";
import { changes, leases } from "../control/state";
import { printPlace, streamPlace } from "../session/address";
import { place } from "../session/page-state";

export function LeaseNotices() {
  changes.value;
  return (
    <div class="lease-notices">
      {leases.notices.map((notice) => {
        const stream = streamOf(notice.name);
        return (
          <div class={`lease-notice ${notice.kind}`} role="alert" key={notice.id}>
            <span class="sign" aria-hidden="true">
              {notice.kind === "given" ? "✓" : "⚠"}
            </span>
            <p>
              <strong>{notice.text}.</strong> {notice.reason && <q dir="auto">{notice.reason}</q>}
            </p>
            {stream !== null && !place.value.names.includes(stream) && (
              <a href={printPlace(streamPlace(stream, { control: "on" }))}>Show it</a>
            )}
            <button
              type="button"
              onClick={() => leases.dismiss(notice.id)}
              aria-label={`Dismiss: ${notice.text}`}
            >
              ✕
            </button>
          </div>
        );
      })}
    </div>
  );
}
