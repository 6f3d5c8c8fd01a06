// Keys that are pressed while a terminal still draws what there was: they wait until it has come to the end.

/** As much is typed ahead at most, in characters. */
export const MOST_EARLY = 1024;

export class EarlyKeys {
  private waiting = "";

  /** Keeps a key; false where there is no room for more. */
  press(key: string): boolean {
    if (this.waiting.length + key.length > MOST_EARLY) return false;
    this.waiting += key;
    return true;
  }

  /** Hands out what was typed, once. */
  take(): string {
    const typed = this.waiting;
    this.waiting = "";
    return typed;
  }
}
