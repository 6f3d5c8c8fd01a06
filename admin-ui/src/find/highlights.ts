// The reader's own rules: what stands out in every stream, in which colour. The browser keeps them.

import { computed } from "@preact/signals";
import { setting } from "../session/settings";
import { prepare, type Query } from "./query";
import type { Highlight } from "./rules";

export const COLOURS = ["amber", "red", "green", "blue", "violet", "pink"] as const;
export const MOST_RULES = 20;

export interface Rule extends Query {
  colour: (typeof COLOURS)[number];
}

export const rules = setting<Rule[]>("highlights", []);

/** The rules that can be used: one that is not understood marks nothing. */
export const highlights = computed<Highlight[]>(() =>
  rules.value.slice(0, MOST_RULES).flatMap(({ colour, ...query }) => {
    const { matcher } = prepare(query);
    return matcher && COLOURS.includes(colour) ? [{ matcher, colour }] : [];
  }),
);

/** Adds a rule in the colour that is used least. */
export function addRule(query: Query): void {
  const used = (colour: string) => rules.value.filter((rule) => rule.colour === colour).length;
  const colour = COLOURS.reduce((least, each) => (used(each) < used(least) ? each : least));
  rules.value = [...rules.value, { ...query, colour }];
}

export function changeRule(index: number, part: Partial<Rule>): void {
  rules.value = rules.value.map((rule, at) => (at === index ? { ...rule, ...part } : rule));
}

export function dropRule(index: number): void {
  rules.value = rules.value.filter((_, at) => at !== index);
}
