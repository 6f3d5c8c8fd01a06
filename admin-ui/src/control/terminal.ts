// A stream's command in a terminal: its output drawn by xterm, what is typed on its way to the command, its size kept
// to that of the place that it has. What the output asks of the clipboard, of links or of windows is not done.

import { FitAddon } from "@xterm/addon-fit";
import { Terminal } from "@xterm/xterm";
import "@xterm/xterm/css/xterm.css";
import { connection } from "../session/page-state";
import { EarlyKeys } from "./early-keys";
import { LeaveKeys } from "./leave-keys";
import { pasteQuestion } from "./paste";
import { RawFollow, type Screen } from "./raw-follow";
import { newIdem } from "./state";
import { StrictStyles } from "./strict-styles";
import { Typist } from "./typist";

export interface Tell {
  /** How it is with the command: what one cannot do any more, or that it ended. */
  over(text: string): void;
  leave(): void;
  /** Asks whether a text of several lines shall be typed. */
  paste(text: string): void;
  size(rows: number, columns: number): void;
}

const LINES = 50;
const SCROLLBACK = 5000;
/** Links, the clipboard, and changed colours: control strings of the output that do nothing here. */
const IGNORED_OSC = [4, 8, 10, 11, 12, 52, 104, 110, 111, 112];

export class StreamTerminal implements Screen {
  private readonly strict = new StrictStyles(document);
  private readonly term: Terminal;
  private readonly fit = new FitAddon();
  private readonly typist: Typist;
  private readonly keys = new LeaveKeys();
  private readonly early = new EarlyKeys();
  private readonly observer: ResizeObserver;
  private readonly unfollow: () => void;
  private readonly encoder = new TextEncoder();
  /** Whether what xterm sends is meant: answers to what the past asked are not. */
  private isLive = false;
  private isOver = false;

  constructor(
    private readonly host: HTMLElement,
    name: string,
    fence: number,
    private readonly tell: Tell,
  ) {
    this.term = new Terminal({
      fontFamily: getComputedStyle(host).fontFamily,
      fontSize: 14,
      minimumContrastRatio: 4.5,
      scrollback: SCROLLBACK,
      theme: themeOf(host),
    });
    this.term.loadAddon(this.fit);
    for (const code of IGNORED_OSC) this.term.parser.registerOscHandler(code, () => true);
    this.term.open(host);
    this.typist = new Typist(
      {
        send: async (command, args, idem) =>
          (await connection.call("stream.command", { stream: name, command, args, idem, fence })).reply,
        whenLive: () => connection.whenLive(),
        after: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
        idem: newIdem,
      },
      () => this.finish(this.typist.failure),
    );
    this.listen();
    this.observer = new ResizeObserver(() => this.fitSoon());
    this.observer.observe(host);
    this.fit.fit();
    this.resized();
    const follow = new RawFollow(name, LINES, this, (alias, offset) => connection.acknowledge(alias, offset));
    this.unfollow = connection.follow(follow);
    this.term.focus();
  }

  write(data: Uint8Array, drawn: () => void): void {
    this.term.write(data, drawn);
  }

  note(text: string): void {
    this.term.write(`\r\n\x1b[0;7m ${text} \x1b[0m\r\n`);
  }

  reset(): void {
    this.isLive = false;
    this.term.reset();
  }

  live(): void {
    this.isLive = true;
    this.typed(this.early.take());
  }

  ended(text: string): void {
    this.finish(`It ended: ${text}`);
  }

  focus(): void {
    this.term.focus();
  }

  /** Types a text that was asked for; programs that know of pasting are told that it is pasted. */
  paste(text: string): void {
    this.term.paste(text);
    this.term.focus();
  }

  /** Takes the colours anew, after others were chosen. */
  recolour(): void {
    this.term.options.theme = themeOf(this.host);
  }

  dispose(): void {
    this.unfollow();
    this.observer.disconnect();
    this.typist.close();
    this.term.dispose();
    this.strict.dispose();
  }

  private listen(): void {
    this.term.onData((typed) => {
      if (this.isLive) this.typed(typed);
    });
    // Unlike data, a key is always somebody's: the prompt may be seen some time before the end is known to be there.
    this.term.onKey(({ key }) => {
      if (!this.isLive && !this.early.press(key)) this.bell();
    });
    // Reports of the mouse that are no text.
    this.term.onBinary((data) => {
      if (this.isLive) this.typist.type(Uint8Array.from(data, (each) => each.charCodeAt(0)));
    });
    this.term.onResize(() => this.resized());
    this.term.attachCustomKeyEventHandler((event) => this.forTerminal(event));
    this.host.addEventListener("paste", (event) => this.guard(event), { capture: true });
    // Dropped text would be typed unasked.
    this.host.addEventListener("drop", (event) => event.preventDefault(), { capture: true });
  }

  private typed(typed: string): void {
    const { text, leave } = this.keys.feed(typed);
    if (text && !this.typist.type(this.encoder.encode(text))) this.bell();
    if (leave) this.tell.leave();
  }

  /** Whether a key is the command's; the others are the page's or the browser's. */
  private forTerminal(event: KeyboardEvent): boolean {
    if (event.type !== "keydown" || !event.ctrlKey) return true;
    if (event.shiftKey && event.key === "Enter") {
      event.preventDefault();
      this.tell.leave();
      return false;
    }
    // With text selected it is to copy, as everywhere; else it interrupts.
    return !(event.key === "c" && !event.shiftKey && this.term.hasSelection());
  }

  private guard(event: ClipboardEvent): void {
    const text = event.clipboardData?.getData("text/plain") ?? "";
    if (!pasteQuestion(text)) return;
    event.preventDefault();
    event.stopPropagation();
    this.tell.paste(text);
  }

  private fitSoon(): void {
    requestAnimationFrame(() => this.host.isConnected && this.fit.fit());
  }

  private resized(): void {
    const { rows, cols } = this.term;
    this.tell.size(rows, cols);
    if (!this.isOver) this.typist.resize(rows, cols);
  }

  private bell(): void {
    this.host.classList.add("full");
    setTimeout(() => this.host.classList.remove("full"), 300);
  }

  private finish(text: string): void {
    if (this.isOver) return;
    this.isOver = true;
    this.typist.close();
    this.term.options.disableStdin = true;
    this.tell.over(text);
  }
}

/** The colours of the page around it: contrast is seen to by xterm. */
function themeOf(host: HTMLElement) {
  const { color, backgroundColor } = getComputedStyle(host);
  return {
    foreground: color,
    background: backgroundColor,
    cursor: color,
    cursorAccent: backgroundColor,
    selectionBackground: "#3a8f8266",
  };
}
