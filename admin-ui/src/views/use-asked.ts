// What changes all the time and nothing tells of: asked for again and again while somebody looks.

import { useEffect, useState } from "preact/hooks";
import { status } from "../session/page-state";

const ASK_EVERY_MS = 2000;

export interface Asked<T> {
  answer: T | null;
  problem: string;
  again: () => void;
}

/** Asks again and again while somebody looks; the last answer stays while the hub is away. */
export function useAsked<T>(ask: () => Promise<T>): Asked<T> {
  const [answer, setAnswer] = useState<T | null>(null);
  const [problem, setProblem] = useState("");
  const [times, setTimes] = useState(0);
  const live = status.value.kind === "live";
  useEffect(() => {
    if (!live) return;
    let gone = false;
    let timer = 0;
    const round = () => {
      const next = () => {
        if (!gone) timer = window.setTimeout(round, ASK_EVERY_MS);
      };
      if (document.hidden) return next();
      ask()
        .then(
          (fresh) => {
            if (gone) return;
            setAnswer(fresh);
            setProblem("");
          },
          (error: Error) => !gone && setProblem(error.message),
        )
        .finally(next);
    };
    round();
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [live, times]);
  return { answer, problem, again: () => setTimes(times + 1) };
}
