import { expect, test } from "vitest";
import { withoutView, withView } from "../src/session/saved-views";

test("views stand by their names, and a name stands for one view", () => {
  const one = withView([], "nightly", "#/?q=nightly");
  const two = withView(one, "failed", "#/?q=failed");
  expect(two.map(({ name }) => name)).toEqual(["failed", "nightly"]);
  const again = withView(two, "failed", "#/?q=state:failed");
  expect(again).toEqual([
    { name: "failed", address: "#/?q=state:failed" },
    { name: "nightly", address: "#/?q=nightly" },
  ]);
  expect(withoutView(again, "failed")).toEqual(one);
});

test("there are not more than a menu can hold", () => {
  let views = withView([], "a", "#/");
  for (let index = 0; index < 150; index++) views = withView(views, `v${index}`, "#/");
  expect(views).toHaveLength(100);
});
