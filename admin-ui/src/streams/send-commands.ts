// Commands that send something to this hub, with the ports where it really listens.

export interface SendCommand {
  text: string;
  command: string;
}

/**
 * `endpoints` as `hub.info` has them; `host` is what the browser reaches the hub by. With a `stream`, only commands that
 * send to that one.
 */
export function sendCommands(
  endpoints: Record<string, string>,
  host: string,
  stream: string | null = null,
): SendCommand[] {
  const word = stream === null ? "build" : shellWord(stream);
  const named: SendCommand[] = [
    { text: "Run a command; its exit status is kept", command: `hub run --name ${word} -- make` },
    { text: "From a pipe, under a name", command: `make 2>&1 | hub send ${word}` },
  ];
  if (stream !== null) return named;
  const commands: SendCommand[] = [];
  const producers = endpoints.producers ?? "";
  const [, where, port] = /^(?:\w+:\/\/|\w+:)?(.*):(\d+)$/.exec(producers) ?? [];
  const name = where && !isAny(where) ? where.replace(/^\[|\]$/g, "") : host;
  const tls = producers.startsWith("tls");
  if (port && !tls)
    commands.push({ text: "With nothing installed", command: `make 2>&1 | nc -N ${name} ${port}` });
  if (port && tls)
    commands.push({
      text: "With nothing of the hub installed",
      command: `make 2>&1 | openssl s_client -quiet -connect ${name}:${port}`,
    });
  return [...commands, ...named];
}

/** A name as a shell takes it: quoted where something in it means something there. */
export function shellWord(name: string): string {
  return /^[\w./:@%+=-]+$/.test(name) ? name : `'${name.replaceAll("'", "'\\''")}'`;
}

function isAny(host: string): boolean {
  return host === "0.0.0.0" || host === "[::]" || host === "*" || host === "";
}
