// Says the true state of the connection, when it is not simply good.

import type { Status } from "../session/connection";
import { now } from "../session/page-state";

export function Banner({ status, retry }: { status: Status; retry: () => void }) {
  if (status.kind === "live") return <div class="banner" role="status" />;
  if (status.kind === "connecting") {
    return (
      <div class="banner shown" role="status">
        {status.after ? `${status.after}. Trying again now…` : "Connecting to the hub…"}
      </div>
    );
  }
  const seconds = status.kind === "lost" ? Math.max(0, Math.ceil((status.retryAt - now.value) / 1000)) : null;
  return (
    <div class={`banner shown ${status.kind}`} role="alert">
      <span>
        {status.reason}.{" "}
        {seconds === null
          ? "This page does not come back by itself."
          : `Trying again in ${seconds} s; it goes on where it stopped.`}
      </span>
      <button type="button" onClick={retry}>
        Try now
      </button>
    </div>
  );
}
