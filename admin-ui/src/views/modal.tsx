// A dialog over the page: the focus stays in it, Escape and a click beside it shut it.

import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

interface Props {
  label: string;
  close: () => void;
  children: ComponentChildren;
  class?: string;
}

export function Modal({ label, close, children, class: more = "" }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  // At once, not after the next frame: who types on at speed types into the dialog.
  useLayoutEffect(() => {
    const before = document.activeElement;
    dialog.current?.showModal();
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      class={`modal ${more}`}
      aria-label={label}
      onClose={close}
      onClick={(event) => event.target === event.currentTarget && close()}
      onKeyDown={(event) => event.stopPropagation()}
    >
      <div class="modal-body">{children}</div>
    </dialog>
  );
}
