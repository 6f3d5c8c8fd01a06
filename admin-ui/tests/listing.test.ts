import type { ComponentChild, VNode } from "preact";
import { expect, test } from "vitest";
import { type Column, Listing } from "../src/views/listing";

interface Fruit {
  name: string;
  weight: number;
}

const COLUMNS: Column<Fruit>[] = [
  { head: "Fruit", cell: ({ name }) => name },
  { head: "Weight", cell: ({ weight }) => `${weight} g` },
  { head: "Actions", acts: true, cell: ({ name }) => `Eat ${name}` },
];

type Element = VNode<Record<string, unknown>>;

/** All elements of a kind in what a component draws, in order. */
function elements(drawn: ComponentChild | ComponentChild[], type: string): Element[] {
  if (Array.isArray(drawn)) return drawn.flatMap((each) => elements(each, type));
  if (typeof drawn !== "object" || drawn === null) return [];
  const element = drawn as Element;
  const inside = elements(element.props.children as ComponentChild[], type);
  return element.type === type ? [element, ...inside] : inside;
}

const drawn = Listing({
  label: "Fruits",
  columns: COLUMNS,
  rows: [
    { name: "apple", weight: 180 },
    { name: "fig", weight: 40 },
  ],
  id: ({ name }) => name,
});

test("each value says which column it is of, since a card has no head", () => {
  const cells = elements(drawn, "td").filter(({ props }) => props["data-label"] !== undefined);
  expect(cells.map(({ props }) => props["data-label"])).toEqual(["Weight", "Weight"]);
  expect(cells.map((cell) => elements(cell, "div")[0]?.props.children)).toEqual(["180 g", "40 g"]);
});

test("buttons have no name on a card, and one in the head for who hears it", () => {
  const buttons = elements(drawn, "td").filter(({ props }) => props.class === "acts");
  expect(buttons.map(({ props }) => props.children)).toEqual(["Eat apple", "Eat fig"]);
  expect(buttons.every(({ props }) => props["data-label"] === undefined)).toBe(true);
  const [, , head] = elements(drawn, "th");
  expect(elements(head, "span")[0]?.props).toMatchObject({ class: "hidden", children: "Actions" });
});

test("the first column heads each row", () => {
  const heads = elements(drawn, "th").filter(({ props }) => props.scope === "row");
  expect(heads.map(({ props }) => props.children)).toEqual(["apple", "fig"]);
});
