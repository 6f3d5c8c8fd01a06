// A stream's name on one line: where it has no room it is cut before its end, which is what tells names apart.

const TAIL = 12;

export function CutName({ name }: { name: string }) {
  // By characters: half of one is none.
  const letters = [...name];
  return (
    <bdi class="cut-name" title={name}>
      <span class="front">{letters.slice(0, -TAIL).join("")}</span>
      <span class="tail">{letters.slice(-TAIL).join("")}</span>
    </bdi>
  );
}
