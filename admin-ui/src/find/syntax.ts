// Regular expressions as the hub has them (RE2), read into a tree. What RE2 refuses is refused here with a reason.

export type Test = (code: number) => boolean;

export type Node =
  | { kind: "char"; test: Test; literal?: string }
  | { kind: "edge"; at: Edge }
  | { kind: "all"; parts: Node[] }
  | { kind: "any"; parts: Node[] }
  | { kind: "repeat"; part: Node; least: number; most: number; greedy: boolean };

/** Places between characters: of a line, or of a word. A search looks at whole lines, so `^` and `\A` are the same. */
export type Edge = "begin" | "end" | "word" | "no-word";

export class SyntaxProblem extends Error {}

interface Flags {
  fold: boolean;
  swapped: boolean;
}

const MOST_REPEATED = 1000;
const DEEPEST = 100;
const CONTROLS: Record<string, number> = { a: 7, t: 9, n: 10, v: 11, f: 12, r: 13 };

const digit: Test = (c) => c >= 48 && c <= 57;
const lower: Test = (c) => c >= 97 && c <= 122;
const upper: Test = (c) => c >= 65 && c <= 90;
const alpha: Test = (c) => lower(c) || upper(c);
const space: Test = (c) => c === 32 || (c >= 9 && c <= 13 && c !== 11);
export const word: Test = (c) => alpha(c) || digit(c) || c === 95;

const PERL: Record<string, Test> = { d: digit, s: space, w: word };
const POSIX: Record<string, Test> = {
  alnum: (c) => alpha(c) || digit(c),
  alpha,
  ascii: (c) => c < 128,
  blank: (c) => c === 9 || c === 32,
  cntrl: (c) => c < 32 || c === 127,
  digit,
  graph: (c) => c > 32 && c < 127,
  lower,
  print: (c) => c >= 32 && c < 127,
  punct: (c) => c > 32 && c < 127 && !alpha(c) && !digit(c),
  space: (c) => space(c) || c === 11,
  upper,
  word,
  xdigit: (c) => digit(c) || (c >= 65 && c <= 70) || (c >= 97 && c <= 102),
};

const not =
  (test: Test): Test =>
  (c) =>
    !test(c);

/** Reads an expression; `fold`: letters of either case are the same. Throws SyntaxProblem. */
export function parse(source: string, fold: boolean): Node {
  return new Parser(source).whole({ fold, swapped: false });
}

/** A text as it is, as a tree. */
export function literal(text: string, fold: boolean): Node {
  return { kind: "all", parts: [...text].map((char) => one(char.codePointAt(0) as number, fold)) };
}

class Parser {
  private at = 0;
  private depth = 0;

  constructor(private readonly source: string) {}

  whole(flags: Flags): Node {
    const node = this.alternatives(flags);
    if (this.at < this.source.length) throw new SyntaxProblem("a ) without its (");
    return node;
  }

  private alternatives(flags: Flags): Node {
    // (?i) in the middle of a group holds up to the group's end, for the alternatives after it, too.
    const own = { ...flags };
    const parts = [this.sequence(own)];
    while (this.take("|")) parts.push(this.sequence(own));
    return parts.length === 1 ? (parts[0] as Node) : { kind: "any", parts };
  }

  private sequence(flags: Flags): Node {
    const parts: Node[] = [];
    while (this.at < this.source.length && this.peek !== "|" && this.peek !== ")") {
      if (this.take("\\Q")) {
        const end = this.source.indexOf("\\E", this.at);
        const chars = [...this.source.slice(this.at, end < 0 ? undefined : end)];
        this.at = end < 0 ? this.source.length : end + 2;
        const quoted = chars.map((char) => one(char.codePointAt(0) as number, flags.fold));
        const last = quoted.pop();
        parts.push(...quoted, ...(last ? [this.repeated(last, flags)] : []));
        continue;
      }
      const atom = this.atom(flags);
      if (atom) parts.push(this.repeated(atom, flags));
    }
    return { kind: "all", parts };
  }

  private repeated(atom: Node, flags: Flags): Node {
    let node = atom;
    for (let times = 0; ; times++) {
      const range = this.range();
      if (!range) return node;
      if (times) throw new SyntaxProblem("two repetitions after each other, such as a**");
      const greedy = this.take("?") === flags.swapped;
      node = { kind: "repeat", part: node, least: range[0], most: range[1], greedy };
    }
  }

  private range(): [number, number] | null {
    if (this.take("*")) return [0, Number.POSITIVE_INFINITY];
    if (this.take("+")) return [1, Number.POSITIVE_INFINITY];
    if (this.take("?")) return [0, 1];
    const found = /^\{(\d+)(,(\d*))?\}/.exec(this.source.slice(this.at, this.at + 20));
    if (!found) return null;
    this.at += found[0].length;
    const least = Number(found[1]);
    const most = found[2] === undefined ? least : found[3] ? Number(found[3]) : Number.POSITIVE_INFINITY;
    if (
      least > MOST_REPEATED ||
      (most !== Number.POSITIVE_INFINITY && (most > MOST_REPEATED || most < least))
    )
      throw new SyntaxProblem(
        `${found[0]} is no repetition: from 0 to ${MOST_REPEATED}, the smaller number first`,
      );
    return [least, most];
  }

  /** One thing that can be repeated; null for a setting such as (?i). */
  private atom(flags: Flags): Node | null {
    const char = this.next();
    switch (char) {
      case "(":
        return this.group(flags);
      case "[":
        return { kind: "char", test: folded(this.set(), flags.fold) };
      case ".":
        return { kind: "char", test: (c) => c !== 10 };
      case "^":
        return { kind: "edge", at: "begin" };
      case "$":
        return { kind: "edge", at: "end" };
      case "*":
      case "+":
      case "?":
        throw new SyntaxProblem(`nothing to repeat before ${char}`);
      case "\\":
        return this.escaped(flags);
      default:
        return one(char.codePointAt(0) as number, flags.fold);
    }
  }

  private group(flags: Flags): Node | null {
    let inner = flags;
    if (this.take("?")) {
      if (/^(<?[=!])/.test(this.rest(2)))
        throw new SyntaxProblem(`(?${this.rest(2)[0]}…) looks around: RE2 has no such thing`);
      const name = /^P?<([A-Za-z0-9_]+)>/.exec(this.rest(80));
      const setting = /^([imsU]*)(?:-([imsU]+))?([:)])/.exec(this.rest(12));
      if (name) this.at += name[0].length;
      else if (setting) {
        this.at += setting[0].length;
        const [, on = "", off = "", end] = setting;
        const set = (flag: string, value: boolean) => !off.includes(flag) && (on.includes(flag) || value);
        inner = { fold: set("i", flags.fold), swapped: set("U", flags.swapped) };
        if (end === ")") {
          Object.assign(flags, inner);
          return null;
        }
      } else throw new SyntaxProblem(`(?${this.rest(2)} is nothing that RE2 has`);
    }
    this.depth += 1;
    if (this.depth > DEEPEST) throw new SyntaxProblem("groups in groups, too deep");
    const node = this.alternatives(inner);
    this.depth -= 1;
    if (!this.take(")")) throw new SyntaxProblem("a ( without its )");
    return node;
  }

  private escaped(flags: Flags): Node {
    const char = this.next("a \\ at the end");
    if (char === "b" || char === "B") return { kind: "edge", at: char === "b" ? "word" : "no-word" };
    if (char === "A" || char === "z") return { kind: "edge", at: char === "A" ? "begin" : "end" };
    const known = this.classOf(char);
    if (known) return { kind: "char", test: known };
    if (/[1-9]/.test(char)) throw new SyntaxProblem(`\\${char} refers back: RE2 has no such thing`);
    return one(this.codeOf(char), flags.fold);
  }

  /** The class that a letter after a backslash stands for, if it does. */
  private classOf(char: string): Test | null {
    const perl = PERL[char.toLowerCase()];
    if (perl) return char === char.toLowerCase() ? perl : not(perl);
    if (char !== "p" && char !== "P") return null;
    const braced = /^\{(\^?)([A-Za-z_]+)\}/.exec(this.rest(40));
    const name = braced?.[2] ?? this.rest(1);
    this.at += braced?.[0].length ?? 1;
    const test = property(name);
    return (char === "P") !== (braced?.[1] === "^") ? not(test) : test;
  }

  /** The character that is written by an escape. */
  private codeOf(char: string): number {
    if (char in CONTROLS) return CONTROLS[char] as number;
    if (char === "x") {
      const found = /^(?:\{([0-9A-Fa-f]{1,6})\}|([0-9A-Fa-f]{2}))/.exec(this.rest(8));
      if (!found) throw new SyntaxProblem("\\x wants two digits, or {digits}");
      this.at += found[0].length;
      return Number.parseInt(found[1] ?? found[2] ?? "", 16);
    }
    if (char === "0") {
      const found = /^[0-7]{0,2}/.exec(this.rest(2))?.[0] ?? "";
      this.at += found.length;
      return Number.parseInt(`0${found}`, 8);
    }
    if (/[A-Za-z0-9]/.test(char)) throw new SyntaxProblem(`\\${char} is nothing that RE2 has`);
    return char.codePointAt(0) as number;
  }

  private set(): Test {
    const negated = this.take("^");
    const tests: Test[] = [];
    for (let first = true; ; first = false) {
      const char = this.next("a [ without its ]");
      if (char === "]" && !first) break;
      const posix = char === "[" ? /^:(\^?)([a-z]+):\]/.exec(this.rest(14)) : null;
      if (posix) {
        const test = POSIX[posix[2] as string];
        if (!test) throw new SyntaxProblem(`[:${posix[2]}:] is no class`);
        tests.push(posix[1] ? not(test) : test);
        this.at += posix[0].length;
        continue;
      }
      const letter = char === "\\" ? this.next("a [ without its ]") : null;
      const known = letter && this.classOf(letter);
      if (known) {
        tests.push(known);
        continue;
      }
      const from = letter ? this.codeOf(letter) : (char.codePointAt(0) as number);
      const to = this.peek === "-" && this.rest(2)[1] !== "]" ? this.upTo() : from;
      if (to < from) throw new SyntaxProblem("a range in [ ] that goes backwards");
      tests.push((c) => c >= from && c <= to);
    }
    return (c) => tests.some((test) => test(c)) !== negated;
  }

  private upTo(): number {
    this.at += 1;
    const char = this.next("a [ without its ]");
    return char === "\\" ? this.codeOf(this.next("a [ without its ]")) : (char.codePointAt(0) as number);
  }

  private get peek(): string | undefined {
    return this.source[this.at];
  }

  private rest(count: number): string {
    return this.source.slice(this.at, this.at + count);
  }

  private next(problem = "the expression ends too early"): string {
    const code = this.source.codePointAt(this.at);
    if (code === undefined) throw new SyntaxProblem(problem);
    const char = String.fromCodePoint(code);
    this.at += char.length;
    return char;
  }

  private take(text: string): boolean {
    if (!this.source.startsWith(text, this.at)) return false;
    this.at += text.length;
    return true;
  }
}

function one(code: number, fold: boolean): Node {
  const char = String.fromCodePoint(code);
  const other = fold ? swapped(code) : code;
  if (other === code) return { kind: "char", test: (c) => c === code, literal: char };
  return { kind: "char", test: (c) => c === code || c === other, literal: char.toLowerCase() };
}

function folded(test: Test, fold: boolean): Test {
  return fold ? (c) => test(c) || test(swapped(c)) : test;
}

/** The same letter in the other case. */
function swapped(code: number): number {
  if (code < 128) return alpha(code) ? code ^ 32 : code;
  const char = String.fromCodePoint(code);
  const other = char.toLowerCase() === char ? char.toUpperCase() : char.toLowerCase();
  return [...other].length === 1 ? (other.codePointAt(0) as number) : code;
}

function property(name: string): Test {
  let found: RegExp;
  try {
    found = new RegExp(`^\\p{${name.length > 2 ? `Script=${name}` : name}}$`, "u");
  } catch {
    throw new SyntaxProblem(`\\p{${name}} is no property that is known`);
  }
  return (c) => found.test(String.fromCodePoint(c));
}
