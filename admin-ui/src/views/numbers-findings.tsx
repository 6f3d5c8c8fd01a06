// What was found inside lines: levels, numbers, lengths. Choosing one draws it.

import { figure, foundCount, samplingWarning } from "../numbers/words";
import { bytes } from "../streams/format";
import type { StreamStats } from "../wire/types";

const LEVELS = ["fatal", "error", "warn", "info", "debug", "trace"];

// Not what the errors over the text are: those are of what is kept, and of more words, such as FAILED.
const LEVEL_TITLE = "Lines of all that ever came and was looked at, whose first word for a level means";

interface Props {
  stats: StreamStats;
  field: string;
  choose: (field: string) => void;
}

export function Findings({ stats, field, choose }: Props) {
  const { levels = {}, fields = {}, line_bytes: sizes = {}, sampled = 1 } = stats;
  const found = LEVELS.filter((level) => levels[level]);
  const names = Object.keys(fields);
  const warning = samplingWarning(sampled);
  const pick = (name: string, word: string) => (
    <button
      type="button"
      class={`small ${name.replace(".", "-")}`}
      aria-pressed={field === name}
      onClick={() => choose(name)}
    >
      {word}
    </button>
  );
  return (
    <>
      {warning && (
        <p class="warn small" role="note">
          {warning}
        </p>
      )}
      {found.length > 0 && (
        <div class="chart-fields">
          {found.map((level) => (
            <span key={level} title={`${LEVEL_TITLE} "${level}"`}>
              {pick(`level.${level}`, `${level} ${foundCount(levels[level] ?? 0, sampled)}`)}
            </span>
          ))}
        </div>
      )}
      {names.length > 0 && (
        <table class="fields">
          <caption class="hidden">numbers in the lines</caption>
          <thead>
            <tr>
              <th scope="col">in lines</th>
              <th scope="col">last</th>
              <th scope="col">least</th>
              <th scope="col">mean</th>
              <th scope="col">most</th>
            </tr>
          </thead>
          <tbody>
            {names.map((name) => {
              const row = fields[name];
              return row ? (
                <tr key={name}>
                  <th scope="row">{pick(name, name)}</th>
                  <td>{figure(row.last)}</td>
                  <td>{figure(row.min)}</td>
                  <td>{figure(row.mean)}</td>
                  <td>{figure(row.max)}</td>
                </tr>
              ) : null;
            })}
          </tbody>
        </table>
      )}
      {sizes.max !== undefined && (
        <dl class="facts-list">
          {[
            ["half the lines are up to", sizes.p50 ?? 0],
            ["99 % of the lines are up to", sizes.p99 ?? 0],
            ["the longest line is", sizes.max],
          ].map(([words, size]) => (
            <div key={words}>
              <dt>{words}</dt>
              <dd>{bytes(Number(size))}</dd>
            </div>
          ))}
        </dl>
      )}
    </>
  );
}
