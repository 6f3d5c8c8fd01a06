// What stands where a stream's text would be while there is no such stream: why, and how it begins.

import { useEffect } from "preact/hooks";
import { who } from "../session/page-state";
import { isBound } from "../session/rights";
import { sendCommands } from "../streams/send-commands";
import { Copyable } from "./copyable";

export function StreamMissing({ name }: { name: string }) {
  useEffect(() => {
    document.title = `${name} · Hub`;
  }, [name]);
  return (
    <div class="empty first-steps missing">
      <h2>There is no stream of this name</h2>
      <p>
        {isBound(who.value)
          ? "Or none that you may see. If one begins that you may see, it is shown here at once."
          : "It may not have begun, or was deleted. Once it begins it is shown here at once."}
      </p>
      <ul>
        {sendCommands({}, location.hostname, name).map(({ command, text }) => (
          <li key={command}>
            <span>{text}</span>
            <Copyable text={command} />
          </li>
        ))}
      </ul>
    </div>
  );
}
