// A stream's numbers beside its text: rates, counts, charts.

import { useEffect, useState } from "preact/hooks";
import { length, wholeClock } from "../numbers/clock";
import type { Field } from "../numbers/feed";
import { panelShown } from "../numbers/panel-shown";
import { fieldName } from "../numbers/words";
import { connection, now, status, version } from "../session/page-state";
import { settings } from "../session/settings";
import { bytes, count } from "../streams/format";
import type { StreamStats } from "../wire/types";
import { NumbersChart } from "./numbers-chart";
import { Findings } from "./numbers-findings";
import { useFeed } from "./use-feed";

const WINDOWS: [string, string][] = [
  ["1", "1 s"],
  ["10", "10 s"],
  ["60", "1 min"],
  ["300", "5 min"],
];
const CHART_POINTS = 300;
const ASK_MS = 2000;

export interface PanelProps {
  name: string;
  goTo?: ((at: number) => void) | undefined;
}

export function NumbersPanel({ name, goTo }: PanelProps) {
  const [field, setField] = useState<Field>("lines");
  const { stats, problem } = useStats(name);
  const { feed, changes } = useFeed(name, field, CHART_POINTS);
  version.value;
  return (
    <aside class="numbers" aria-label={`statistics of ${name}`}>
      <div class="numbers-head">
        <h2>Statistics</h2>
        <button
          type="button"
          class="plain small"
          aria-label="close the statistics"
          onClick={() => {
            panelShown.value = false;
          }}
        >
          ✕
        </button>
      </div>
      {problem && (
        <p class="bad" role="status">
          {problem}
        </p>
      )}
      <RateTable stats={stats} />
      <div class="chart-fields">
        {["lines", "bytes", ...(field === "lines" || field === "bytes" ? [] : [field])].map((each) => (
          <button
            type="button"
            class="small"
            key={each}
            aria-pressed={field === each}
            onClick={() => setField(each)}
          >
            {fieldName(each)}
          </button>
        ))}
      </div>
      <NumbersChart feed={feed} version={changes} goTo={goTo} />
      {stats && <Findings stats={stats} field={field} choose={setField} />}
      {stats && <Facts stats={stats} />}
      <NotifySwitch />
    </aside>
  );
}

/** The stream's statistics, asked for every other second while somebody can see them. */
function useStats(name: string) {
  const [stats, setStats] = useState<StreamStats | null>(null);
  const [problem, setProblem] = useState("");
  const isLive = status.value.kind === "live";
  useEffect(() => {
    if (!isLive) return;
    let closed = false;
    let asking = false;
    const ask = async () => {
      if (document.hidden || asking) return;
      asking = true;
      try {
        const answer = await connection.call("stream.stats", { stream: name });
        if (closed) return;
        setStats(answer as StreamStats);
        setProblem("");
      } catch (error) {
        if (!closed) setProblem((error as Error).message);
      }
      asking = false;
    };
    void ask();
    const timer = setInterval(ask, ASK_MS);
    document.addEventListener("visibilitychange", ask);
    return () => {
      closed = true;
      clearInterval(timer);
      document.removeEventListener("visibilitychange", ask);
    };
  }, [name, isLive]);
  return { stats, problem };
}

/** Has its place before it has numbers, so that the chart below does not move. */
function RateTable({ stats }: { stats: StreamStats | null }) {
  return (
    <table class="rates">
      <caption class="hidden">rates</caption>
      <thead>
        <tr>
          <th scope="col">over</th>
          {WINDOWS.map(([, word]) => (
            <th scope="col" key={word}>
              {word}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        <tr>
          <th scope="row">lines/s</th>
          {WINDOWS.map(([key]) => (
            <td key={key}>{stats?.lines_per_s[key] ? count(stats?.lines_per_s[key]) : "–"}</td>
          ))}
        </tr>
        <tr>
          <th scope="row">bytes/s</th>
          {WINDOWS.map(([key]) => (
            <td key={key}>{stats?.bytes_per_s[key] ? bytes(stats?.bytes_per_s[key]) : "–"}</td>
          ))}
        </tr>
      </tbody>
    </table>
  );
}

function Facts({ stats }: { stats: StreamStats }) {
  const silent = stats.silent_ms ?? 0;
  now.value;
  const facts: [string, string][] = [
    ["lines", stats.lines.toLocaleString("en")],
    ["bytes", bytes(stats.bytes)],
    ["a line", stats.lines ? `${bytes(stats.bytes / stats.lines)} on average` : "–"],
    ["kept", bytes(stats.kept_bytes)],
    ["gaps", stats.gap_bytes ? bytes(stats.gap_bytes) : "none"],
    ["runs", count(stats.runs)],
    ["watchers", count(stats.watchers)],
    ["first byte", stats.first_at === null ? "–" : wholeClock(stats.first_at)],
    ["last byte", stats.last_at === null ? "–" : wholeClock(stats.last_at)],
    [stats.state === "ended" ? "ended since" : "silence", silent < 1000 ? "none" : length(silent)],
  ];
  return (
    <dl class="facts-list">
      {facts.map(([word, value]) => (
        <div key={word} class={word === "gaps" && stats.gap_bytes ? "warn" : ""}>
          <dt>{word}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function NotifySwitch() {
  const [denied, setDenied] = useState(false);
  if (!("Notification" in window)) return null;
  // What was allowed may have been taken back in the browser's own settings.
  const on = settings.notify.value && Notification.permission !== "denied";
  const turn = async (wanted: boolean) => {
    if (wanted && (await Notification.requestPermission()) !== "granted") {
      setDenied(true);
      settings.notify.value = false;
      return;
    }
    setDenied(false);
    settings.notify.value = wanted;
  };
  return (
    <label class="notify">
      <input
        type="checkbox"
        checked={on}
        onChange={(event) => {
          const box = event.currentTarget;
          turn(box.checked).finally(() => {
            box.checked = settings.notify.value;
          });
        }}
      />
      <span>
        Tell me of an end, a failure or silence while this tab is hidden
        {denied && (
          <span class="bad"> The browser does not allow it: allow notifications for this site.</span>
        )}
      </span>
    </label>
  );
}
