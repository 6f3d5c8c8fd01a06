// Boxes that one types into as soon as they are called, and whose code comes later.

import { lazy } from "./lazy";

const always = () => true;

/** To any stream or view by some letters. */
export const Jump = lazy(
  "The chooser",
  () => import("./jump").then(({ Jump }) => Jump),
  () => null,
  always,
);

/** To a place in a stream. */
export const JumpBox = lazy(
  "The box",
  () => import("./jump-box").then(({ JumpBox }) => JumpBox),
  () => null,
  always,
);
