// Choosing a stream by some letters of its name.

import { Jump } from "./later-boxes";

export function ChooseStream(props: { label: string; take: (name: string) => void; close: () => void }) {
  const { label, take, close } = props;
  return <Jump views={[]} close={close} choose={{ label, take }} />;
}
