// Code of the page that comes later: each part once, tried again when it failed, and all of them in a quiet moment.

export interface Part<T> {
  /** What was loaded; null until then. */
  readonly loaded: T | null;
  /** Loads it, or gives what was loaded before; rejects when it does not come. */
  load(): Promise<T>;
}

export class Parts {
  private readonly all: Part<unknown>[] = [];

  /** Adds a part that `fetch` brings. */
  add<T>(fetch: () => Promise<T>): Part<T> {
    let loading: Promise<T> | null = null;
    const part = {
      loaded: null as T | null,
      load(): Promise<T> {
        loading ??= fetch().then(
          (loaded) => {
            part.loaded = loaded;
            return loaded;
          },
          (error: unknown) => {
            loading = null;
            throw error;
          },
        );
        return loading;
      },
    };
    this.all.push(part);
    return part;
  }

  /** Loads what is not there yet, one after another; returns how many did not come. Those are tried when wanted. */
  async loadAll(): Promise<number> {
    let missing = 0;
    for (const part of this.all) {
      await part.load().catch(() => {
        missing += 1;
      });
    }
    return missing;
  }
}
