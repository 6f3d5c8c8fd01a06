import { expect, test } from "vitest";
import { sendCommands } from "../src/streams/send-commands";

const words = (stream: string) => sendCommands({}, "hub", stream).map(({ command }) => command);

test("commands for a stream that is waited for are of its name, as a shell takes it", () => {
  expect(words("ci/web/build-1")).toEqual([
    "hub run --name ci/web/build-1 -- make",
    "make 2>&1 | hub send ci/web/build-1",
  ]);
  expect(words("it's; rm")[1]).toBe("make 2>&1 | hub send 'it'\\''s; rm'");
});

test("a hub without streams says how one begins with nothing installed", () => {
  const [first] = sendCommands({ producers: "tcp:127.0.0.1:7412" }, "hub");
  expect(first?.command).toBe("make 2>&1 | nc -N 127.0.0.1 7412");
});
