// Runs an expression over a line. A browser's own RegExp may take for ever over some patterns, and an address may bring
// one that somebody else wrote: this one takes time in proportion to the program times the line, whatever they are.
// It goes back as a backtracking matcher does, and so finds what RE2 finds, but never tries a step twice at one place.

import { type Edge, type Node, SyntaxProblem, type Test, word } from "./syntax";

type Step =
  | { op: "char"; test: Test }
  | { op: "edge"; at: Edge }
  | { op: "fork"; first: number; second: number }
  | { op: "jump"; to: number }
  | { op: "found" };

export interface Span {
  from: number;
  to: number;
}

const MOST_STEPS = 2000;
/** Steps times characters that are looked at in one line: longer lines are cut. */
const MOST_PLACES = 1_000_000;
const LONGEST = 16 * 1024;

/** Where each step was tried last, shared by all programs: they run one at a time. */
let tried = new Uint32Array(1024);
let round = 0;

export class Program {
  private readonly steps: Step[] = [];
  /** How many characters of a line are looked at. */
  readonly longest: number;

  constructor(node: Node) {
    this.emit(node);
    this.add({ op: "found" });
    this.longest = Math.min(LONGEST, Math.floor(MOST_PLACES / this.steps.length));
  }

  /** The first place at or after `from` where the expression is found. */
  find(line: string, from = 0): Span | null {
    const text = line.length > this.longest ? line.slice(0, this.longest) : line;
    this.begin(text);
    for (let at = from; at <= text.length; at += at < text.length ? size(text, at) : 1) {
      const to = this.run(text, at);
      if (to >= 0) return { from: at, to };
    }
    return null;
  }

  private begin(text: string): void {
    const places = this.steps.length * (text.length + 1);
    if (tried.length < places) tried = new Uint32Array(places);
    round += 1;
    if (round > 0xffff_fff0) {
      tried.fill(0);
      round = 1;
    }
  }

  /** Where a match that begins at `start` ends, or -1. */
  private run(text: string, start: number): number {
    const width = text.length + 1;
    const stack = [0, start];
    while (stack.length) {
      let at = stack.pop() as number;
      let index = stack.pop() as number;
      for (;;) {
        const place = index * width + at;
        if (tried[place] === round) break;
        tried[place] = round;
        const step = this.steps[index] as Step;
        if (step.op === "found") return at;
        if (step.op === "jump") index = step.to;
        else if (step.op === "fork") {
          stack.push(step.second, at);
          index = step.first;
        } else if (step.op === "edge") {
          if (!holds(step.at, text, at)) break;
          index += 1;
        } else {
          const code = text.codePointAt(at);
          if (code === undefined || !step.test(code)) break;
          at += code > 0xffff ? 2 : 1;
          index += 1;
        }
      }
    }
    return -1;
  }

  private emit(node: Node): void {
    switch (node.kind) {
      case "char":
        this.add({ op: "char", test: node.test });
        break;
      case "edge":
        this.add({ op: "edge", at: node.at });
        break;
      case "all":
        for (const part of node.parts) this.emit(part);
        break;
      case "any":
        this.either(node.parts);
        break;
      case "repeat":
        this.repeat(node.part, node.least, node.most, node.greedy);
    }
  }

  private either(parts: Node[]): void {
    const jumps: { op: "jump"; to: number }[] = [];
    for (const [index, part] of parts.entries()) {
      const last = index === parts.length - 1;
      const fork = last ? null : this.fork();
      this.emit(part);
      if (!fork) break;
      const jump = { op: "jump" as const, to: 0 };
      jumps.push(jump);
      this.add(jump);
      fork.second = this.steps.length;
    }
    for (const jump of jumps) jump.to = this.steps.length;
  }

  private repeat(part: Node, least: number, most: number, greedy: boolean): void {
    for (let times = 0; times < least; times++) this.emit(part);
    const forks: { fork: Extract<Step, { op: "fork" }>; body: number }[] = [];
    const more = most === Number.POSITIVE_INFINITY ? 1 : most - least;
    for (let times = 0; times < more; times++) {
      const index = this.steps.length;
      const fork = this.fork();
      forks.push({ fork, body: this.steps.length });
      this.emit(part);
      if (most === Number.POSITIVE_INFINITY) this.add({ op: "jump", to: index });
    }
    const after = this.steps.length;
    for (const { fork, body } of forks) {
      fork.first = greedy ? body : after;
      fork.second = greedy ? after : body;
    }
  }

  private fork(): Extract<Step, { op: "fork" }> {
    const fork = { op: "fork" as const, first: this.steps.length + 1, second: 0 };
    this.add(fork);
    return fork;
  }

  private add(step: Step): void {
    if (this.steps.length >= MOST_STEPS) throw new SyntaxProblem("the expression is too large for this page");
    this.steps.push(step);
  }
}

function size(text: string, at: number): number {
  return (text.codePointAt(at) as number) > 0xffff ? 2 : 1;
}

function holds(edge: Edge, text: string, at: number): boolean {
  if (edge === "begin") return at === 0;
  if (edge === "end") return at === text.length;
  const before = at > 0 && word(text.charCodeAt(at - 1));
  const after = at < text.length && word(text.charCodeAt(at));
  return (before !== after) === (edge === "word");
}
