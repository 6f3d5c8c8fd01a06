// A series for a view.

import { useEffect, useMemo, useState } from "preact/hooks";
import { type Field, SeriesFeed } from "../numbers/feed";
import { connection, now, status, streams, version } from "../session/page-state";

/** A series that goes on with the stream's row, and a number that grows when it changed. */
export function useFeed(name: string, field: Field, points: number) {
  const [changes, setChanges] = useState(0);
  const feed = useMemo(
    () =>
      new SeriesFeed(
        name,
        field,
        points,
        (params) => connection.call("stream.series", params),
        () => setChanges((before) => before + 1),
      ),
    [name, field, points],
  );
  const tick = version.value;
  const second = now.value;
  const isLive = status.value.kind === "live";
  useEffect(() => {
    const row = streams.get(name);
    if (row && isLive) feed.row(row, Date.now());
  }, [feed, tick, second, isLive]);
  return { feed, changes };
}
