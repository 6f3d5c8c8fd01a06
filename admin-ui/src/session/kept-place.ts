// Where a view is, as a key of the address that the view writes itself and that others change as well.

export interface AddressKey {
  /** What it has now; empty for nothing. */
  read(): string;
  /** Puts another value there, without a step to go back by. */
  replace(value: string): void;
  /** Puts another value there, and lets a reader go back. */
  push(value: string): void;
}

/** Tells what the view wrote from what somebody asks for: by a link, or by going back. */
export class KeptPlace {
  /** The last value that the view wrote or was told of. */
  private known: string;

  constructor(private readonly key: AddressKey) {
    this.known = key.read();
  }

  /** What somebody asks for since the last time, by a change that the view did not make; null for nothing. */
  asked(): string | null {
    const now = this.key.read();
    if (now === this.known) return null;
    this.known = now;
    return now;
  }

  /** Keeps what the view has come to. Where somebody asks for another place meanwhile, that is not written over. */
  write(value: string): void {
    if (this.key.read() !== this.known || value === this.known) return;
    this.known = value;
    this.key.replace(value);
  }

  /** The view goes elsewhere: going back leads to what was written last. */
  leave(value: string): void {
    if (value === this.known && this.key.read() === value) return;
    this.known = value;
    this.key.push(value);
  }
}
