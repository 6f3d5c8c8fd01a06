// The way out of a terminal: `~.` at the beginning of a line, as ssh and `hub attach` have it; `~~` is a tilde.

export interface Passed {
  /** What goes to the command. */
  text: string;
  leave: boolean;
}

export class LeaveKeys {
  private atStart = true;
  private tilde = false;

  /** Takes what was typed; says what of it is for the command. */
  feed(typed: string): Passed {
    let text = "";
    for (const key of typed) {
      if (this.tilde) {
        this.tilde = false;
        if (key === ".") return { text, leave: true };
        text += key === "~" ? "~" : `~${key}`;
      } else if (this.atStart && key === "~") {
        this.tilde = true;
        continue;
      } else {
        text += key;
      }
      this.atStart = key === "\r" || key === "\n" || key === "\x03" || key === "\x04";
    }
    return { text, leave: false };
  }
}
