// The line that says what went wrong: where a trace of Python's, Java's, Node's or Go's names what was raised. A trace
// has one such line, whatever else it is made of, so it is what counts as an error and what is shown as one.

/** Any number of colours; none are left in what is read. */
export const COLOURS = "(?:\\x1b\\[[0-9;:]*m)*";

/** What is raised mostly ends like this; a few of Python's and Node's do not. */
const NAMES = [
  "[\\w.$]*(?:Error|Exception|ExceptionGroup|KeyboardInterrupt|TimeoutExpired|DoesNotExist)",
  "(?:SystemExit|StopIteration|StopAsyncIteration|GeneratorExit)",
  "\\w[\\w.]*\\.(?:Timeout|Empty|Full|NotFound)",
].join("|");

/** RE2's and a browser's alike, at the beginning of a line. Node puts a code in brackets behind the name. */
export const RAISED = [
  `^${COLOURS}(?:Uncaught )?(?:${NAMES})(?: \\[\\w+\\])?${COLOURS}(?::|\\r*$)`,
  `^${COLOURS}(?:Exception in thread|panic: )`,
].join("|");

const WORDS = new RegExp(RAISED);
const LONGEST = 500;

/** Whether a line, as it is read, names what was raised. */
export function namesRaised(plain: string): boolean {
  return WORDS.test(plain.slice(0, LONGEST));
}
