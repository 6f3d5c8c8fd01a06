// Commands to a stream's producer: what was said, and what became of it.

export interface Sent {
  id: number;
  command: string;
  args: Record<string, unknown>;
  at: number;
  /** `open` while there is no answer; `refused`: the producer got it and did not do it. */
  state: "open" | "done" | "refused" | "failed";
  /** The reply, or why there is none. */
  text: string;
  ms: number;
}

export type Ask = (
  command: string,
  args: Record<string, unknown>,
  timeout_s: number,
) => Promise<{ reply: unknown }>;

const MOST_SENT = 50;
const REPLY_SHOWN = 4000;

/** The commands that this page sent to one stream, newest first. */
export class Commanding {
  sent: Sent[] = [];
  private last = 0;

  constructor(
    private readonly ask: Ask,
    private readonly now: () => number,
    private readonly changed: () => void,
  ) {}

  async send(command: string, args: Record<string, unknown>, timeout_s = 10): Promise<Sent> {
    const at = this.now();
    let entry: Sent = { id: ++this.last, command, args, at, state: "open", text: "", ms: 0 };
    this.sent = [entry, ...this.sent].slice(0, MOST_SENT);
    this.changed();
    const become = (state: Sent["state"], text: string) => {
      const before = entry;
      entry = { ...before, state, text: text.slice(0, REPLY_SHOWN), ms: this.now() - at };
      this.sent = this.sent.map((each) => (each === before ? entry : each));
      this.changed();
    };
    try {
      const { reply } = await this.ask(command, args, timeout_s);
      become(
        isRefusal(reply) ? "refused" : "done",
        typeof reply === "string" ? reply : JSON.stringify(reply),
      );
    } catch (error) {
      become("failed", (error as Error).message);
    }
    return entry;
  }
}

function isRefusal(reply: unknown): boolean {
  return typeof reply === "object" && reply !== null && (reply as { done?: unknown }).done === false;
}

/**
 * Understands the arguments of a command as `hub cmd` does: one JSON object, `key=value` words, or the bare word of a
 * known command (`signal INT`, `resize 24x80`, `stdin TEXT`). Throws an Error with what to do.
 */
export function parseArgs(command: string, text: string): Record<string, unknown> {
  const words = text.trim();
  if (words.startsWith("{")) return jsonObject(words);
  if (!words) return {};
  const parts = words.split(/\s+/);
  const isPairs = parts.every((part) => /^[^=]+=/.test(part));
  if (command === "stdin" && !isPairs) return { text: `${words}\n` };
  if (command === "signal" && parts.length === 1 && !isPairs) return { name: words };
  const size = command === "resize" ? /^(\d+)x(\d+)$/.exec(words) : null;
  if (size) return { rows: Number(size[1]), columns: Number(size[2]) };
  if (!isPairs) throw new Error('Arguments are a JSON object, such as {"level": 3}, or words like level=3');
  return Object.fromEntries(parts.map((part) => pair(part)));
}

function pair(part: string): [string, unknown] {
  const at = part.indexOf("=");
  const value = part.slice(at + 1);
  try {
    return [part.slice(0, at), JSON.parse(value)];
  } catch {
    return [part.slice(0, at), value];
  }
}

function jsonObject(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch (error) {
    throw new Error(`This is no JSON object: ${(error as Error).message}`);
  }
}
