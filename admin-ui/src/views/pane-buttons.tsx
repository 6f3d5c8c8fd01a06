// The buttons over every text.

export function GoToButton({ open, flip }: { open: boolean; flip: () => void }) {
  return (
    <button type="button" onClick={flip} aria-expanded={open} title="Go to a place (g)">
      Go to…
    </button>
  );
}

/** Its words change, and nothing else: a button that says Pause must not be one that is pressed. */
export function FollowButton({ following, toggle }: { following: boolean; toggle: () => void }) {
  return (
    <button type="button" class="main" onClick={toggle} title="Follow the end, or pause (f)">
      {following ? "❚❚ Pause" : "▶ Follow"}
    </button>
  );
}
