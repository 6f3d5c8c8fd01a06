// What somebody looks for: as it is typed, as the address has it, and ready to be found in lines.

import { Program, type Span } from "./program";
import { literal, type Node, parse, SyntaxProblem } from "./syntax";

export interface Query {
  text: string;
  /** An expression of RE2, instead of the text as it is. */
  regex: boolean;
  /** Upper and lower case are different. */
  exact: boolean;
}

export const NO_QUERY: Query = { text: "", regex: false, exact: false };

const MOST_SPANS = 1000;
/** No line is worth more time than this. */
const LONGEST_MS = 20;

/** A query that is ready: the same lines are found here and by the hub. */
export class Matcher {
  private readonly program: Program;
  /** What a line must have for sure, which is quick to see. */
  private readonly needs: string;

  /** Throws SyntaxProblem. */
  constructor(readonly query: Query) {
    const node = query.regex ? parse(query.text, !query.exact) : literal(query.text, !query.exact);
    this.program = new Program(node);
    this.needs = longestLiteral(node);
  }

  matches(line: string): boolean {
    return this.mayMatch(line) && this.program.find(line) !== null;
  }

  /** All places in a line; those of no length are left out. */
  spans(line: string): Span[] {
    const spans: Span[] = [];
    if (!this.mayMatch(line)) return spans;
    const until = performance.now() + LONGEST_MS;
    for (let from = 0; spans.length < MOST_SPANS && performance.now() < until; ) {
      const span = this.program.find(line, from);
      if (!span) break;
      if (span.to > span.from) spans.push(span);
      from = Math.max(span.to, span.from + 1);
    }
    return spans;
  }

  private mayMatch(line: string): boolean {
    if (!this.needs) return true;
    return line.toLowerCase().includes(this.needs);
  }
}

/** The matcher of a query, or what is wrong with it; neither for an empty one. */
export function prepare(query: Query): { matcher: Matcher | null; problem: string } {
  if (query.text === "") return { matcher: null, problem: "" };
  try {
    return { matcher: new Matcher(query), problem: "" };
  } catch (error) {
    if (error instanceof SyntaxProblem) return { matcher: null, problem: error.message };
    throw error;
  }
}

/** The longest text that every match has in it, in lower case; of ASCII, where case is simple. */
function longestLiteral(node: Node): string {
  let longest = "";
  let run = "";
  const walk = (each: Node): void => {
    if (each.kind === "char" && each.literal !== undefined && each.literal.charCodeAt(0) < 128) {
      run += each.literal;
      if (run.length > longest.length) longest = run;
    } else if (each.kind === "all") {
      for (const part of each.parts) walk(part);
    } else if (each.kind === "repeat" && each.least > 0) {
      run = "";
      walk(each.part);
      run = "";
    } else if (each.kind !== "edge") {
      run = "";
    }
  };
  walk(node);
  return longest.toLowerCase();
}

/** A query as two values of an address: what, and how. */
export function printQuery(key: string, { text, regex, exact }: Query): Record<string, string> {
  return { [key]: text, [`${key}.as`]: text ? `${regex ? "regex" : ""}${exact ? " case" : ""}`.trim() : "" };
}

export function readQuery(key: string, keys: Record<string, string>): Query {
  const how = (keys[`${key}.as`] ?? "").split(" ");
  return { text: keys[key] ?? "", regex: how.includes("regex"), exact: how.includes("case") };
}

export function sameQuery(a: Query, b: Query): boolean {
  return a.text === b.text && a.regex === b.regex && a.exact === b.exact;
}
