// Something that takes a while: how far it is, what became of it, and how to give it up.

import { useEffect, useRef, useState } from "preact/hooks";

export interface TaskState {
  /** Under way, done by this share. */
  share: number | null;
  /** What became of the last one. */
  said: string;
  problem: string;
}

const IDLE: TaskState = { share: null, said: "", problem: "" };

export interface Task extends TaskState {
  /** Runs; its text says what became of it. */
  run(work: (told: (done: number, of: number) => void, signal: AbortSignal) => Promise<string>): void;
  stop(): void;
}

export function useTask(): Task {
  const [state, setState] = useState(IDLE);
  const stopper = useRef<AbortController | null>(null);
  const stop = () => {
    stopper.current?.abort();
    stopper.current = null;
    setState(IDLE);
  };
  useEffect(() => () => stopper.current?.abort(), []);
  const run: Task["run"] = async (work) => {
    stopper.current?.abort();
    const own = new AbortController();
    stopper.current = own;
    const tell = (part: TaskState) => stopper.current === own && setState(part);
    tell({ ...IDLE, share: 0 });
    try {
      const said = await work((done, of) => tell({ ...IDLE, share: of > 0 ? done / of : 0 }), own.signal);
      tell({ ...IDLE, said });
    } catch (error) {
      tell({ ...IDLE, problem: (error as Error).message });
    }
  };
  return { ...state, run, stop };
}
