// JSON-RPC 2.0 over any channel that carries text: calls that are answered, events that come by themselves.

export class CallError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly retryAfter: number | null,
  ) {
    super(message);
  }
}

/** For a call that takes long: told how far it is, and cancelled by the signal. */
export interface Watch {
  progress?(detail: Record<string, unknown>): void;
  signal?: AbortSignal;
}

interface Waiting {
  resolve: (value: unknown) => void;
  reject: (error: Error) => void;
  progress?: Watch["progress"];
}

interface Answer {
  id?: number;
  method?: string;
  params?: Record<string, unknown>;
  result?: unknown;
  error?: { message: string; data?: { code?: string; retry_after?: number } };
}

export class Rpc {
  private last = 0;
  private readonly waiting = new Map<number, Waiting>();

  constructor(
    private readonly send: (text: string) => void,
    private readonly notified: (method: string, params: Record<string, unknown>) => void,
  ) {}

  /** Calls a method; rejects with CallError when the hub answers an error, CANCELLED once the signal asks for that. */
  call<T>(method: string, params: Record<string, unknown> = {}, watch: Watch = {}): Promise<T> {
    const id = ++this.last;
    return new Promise<T>((resolve, reject) => {
      if (watch.signal?.aborted) {
        reject(cancelled());
        return;
      }
      this.waiting.set(id, {
        resolve: resolve as (value: unknown) => void,
        reject,
        progress: watch.progress,
      });
      watch.signal?.addEventListener("abort", () => this.cancel(id), { once: true });
      this.send(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
    });
  }

  /** Takes one message. */
  received(text: string): void {
    const message = JSON.parse(text) as Answer;
    if (message.method === "$/progress") {
      const detail = message.params ?? {};
      this.waiting.get(detail.id as number)?.progress?.(detail);
      return;
    }
    if (message.method !== undefined) {
      this.notified(message.method, message.params ?? {});
      return;
    }
    const waiting = this.waiting.get(message.id ?? -1);
    if (!waiting) return;
    this.waiting.delete(message.id ?? -1);
    if (message.error) {
      const data = message.error.data ?? {};
      waiting.reject(new CallError(data.code ?? "INTERNAL", message.error.message, data.retry_after ?? null));
    } else {
      waiting.resolve(message.result);
    }
  }

  private cancel(id: number): void {
    const waiting = this.waiting.get(id);
    if (!waiting) return;
    this.waiting.delete(id);
    this.send(JSON.stringify({ jsonrpc: "2.0", method: "$/cancel", params: { id } }));
    waiting.reject(cancelled());
  }

  /** Gives up all calls that wait: the channel is gone. */
  closed(reason: string): void {
    for (const waiting of this.waiting.values()) waiting.reject(new CallError("CLOSED", reason, null));
    this.waiting.clear();
  }
}

function cancelled(): CallError {
  return new CallError("CANCELLED", "cancelled", null);
}
