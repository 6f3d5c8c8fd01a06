// Where a view is, as a key of the address.

import { place, setKeys } from "../../session/page-state";

/**
 * A key of the address that says where a view is, for who is told of changes that it did not make itself: `shown` is
 * what somebody asked for; `write` keeps what became of that without asking for anything.
 */
export class KeptPlace {
  private written: string | null = null;
  private asked: string;

  constructor(private readonly key: string) {
    this.asked = place.peek().keys[key] ?? "";
  }

  /** What was asked for last; reading it in a view follows the address. */
  get shown(): string {
    const now = place.value.keys[this.key] ?? "";
    if (now !== (this.written ?? this.asked)) {
      this.asked = now;
      this.written = null;
    }
    return this.asked;
  }

  write(value: string): void {
    // Somebody went elsewhere meanwhile: that is not to be written over.
    if ((place.peek().keys[this.key] ?? "") === value) return;
    this.written = value;
    setKeys({ [this.key]: value });
  }
}
