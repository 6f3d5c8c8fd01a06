// What the list says when it has nothing to show: why, and what to do.

import { useEffect, useState } from "preact/hooks";
import { connection, list, listProblem, status } from "../session/page-state";
import { sendCommands } from "../streams/send-commands";
import { Copyable } from "./copyable";

export function Loading() {
  const live = status.value.kind === "live";
  if (live && listProblem.value) {
    return (
      <div class="empty" role="alert">
        <p class="problem">The streams could not be listed: {listProblem.value}.</p>
        <button type="button" onClick={list}>
          Try again
        </button>
      </div>
    );
  }
  return (
    <div class="empty" role="status">
      <div class="skeleton" aria-hidden="true">
        <span />
        <span />
        <span />
      </div>
      <p>{live ? "Listing the streams…" : "The list comes when the hub is reached."}</p>
    </div>
  );
}

export function NoMatch({ filter, clear }: { filter: string; clear: () => void }) {
  return (
    <div class="empty">
      <p>
        No stream matches <code dir="auto">{filter}</code>.
      </p>
      <button type="button" onClick={clear}>
        Show all streams
      </button>
    </div>
  );
}

export function Empty() {
  const [endpoints, setEndpoints] = useState<Record<string, string>>({});
  useEffect(() => {
    if (status.value.kind !== "live") return;
    connection.call("hub.info", {}).then(
      (info) => setEndpoints((info.endpoints ?? {}) as Record<string, string>),
      (error: Error) => console.warn(error.message),
    );
  }, [status.value.kind]);
  return (
    <div class="empty first-steps">
      <h2>Nothing has been streamed yet</h2>
      <p>Send something; it appears here at once.</p>
      <ul>
        {sendCommands(endpoints, location.hostname).map(({ command, text }) => (
          <li key={command}>
            <span>{text}</span>
            <Copyable text={command} />
          </li>
        ))}
      </ul>
    </div>
  );
}
