// Asks whether something shall really be done that cannot be undone, or that concerns somebody else.

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { status } from "../session/page-state";
import { Modal } from "./modal";

interface Props {
  label: string;
  title: string;
  /** What it does, as its button says it, and while it is done. */
  act: string;
  acting: string;
  /** What leaves everything as it is. */
  keep?: string;
  /** Whether it may be done: something has to be typed or chosen first. */
  ready?: boolean;
  /** The same `idem` each time it is tried: it is done once. */
  run: (idem: string) => Promise<unknown>;
  /** Called when it is shut; `done` where it was done. */
  close: (done: boolean) => void;
  children: ComponentChildren;
}

export function Confirm(props: Props) {
  const { label, title, act, acting, keep = "Keep it", ready = true, run, close, children } = props;
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const [idem] = useState(() => crypto.getRandomValues(new Uint32Array(4)).join("-"));
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    setBusy(true);
    setProblem("");
    run(idem).then(
      () => close(true),
      (error: Error) => {
        setProblem(error.message);
        setBusy(false);
      },
    );
  };
  return (
    <Modal label={label} close={() => close(false)}>
      <form onSubmit={submit}>
        <h2>{title}</h2>
        {children}
        {problem && (
          <p class="problem" role="alert">
            {problem}
          </p>
        )}
        <div class="modal-actions">
          <button type="button" onClick={() => close(false)}>
            {keep}
          </button>
          <button type="submit" class="danger" disabled={busy || !ready || status.value.kind !== "live"}>
            {busy ? acting : act}
          </button>
        </div>
      </form>
    </Modal>
  );
}

/** A reason that is told to whom it concerns. */
export function Reason(props: { value: string; set: (reason: string) => void; required?: boolean }) {
  return (
    <label>
      Reason, which they are told
      <input
        type="text"
        maxLength={200}
        dir="auto"
        required={props.required}
        value={props.value}
        onInput={(event) => props.set(event.currentTarget.value)}
      />
    </label>
  );
}
