// Numbers and fields in words.

import { bytes, count } from "../streams/format";
import { type Field, isCount } from "./feed";

const figures = new Intl.NumberFormat("en", { maximumSignificantDigits: 5 });

/** A number that lines tell, as short as it may be. */
export function figure(value: number): string {
  return Math.abs(value) >= 1e9 || (value !== 0 && Math.abs(value) < 1e-4)
    ? value.toExponential(2)
    : figures.format(value);
}

/** A point of a chart. */
export function showValue(field: Field, value: number): string {
  if (field === "bytes") return `${bytes(value)}/s`;
  return isCount(field) ? `${count(Math.round(value * 10) / 10)}/s` : figure(value);
}

/** A field as people call it: lines of a level by its name. */
export function fieldName(field: Field): string {
  return field.startsWith("level.") ? `${field.slice(6)} lines` : field;
}

/** Less than this part of a text, and what is told of it is off by more than lengths are anyway: 5 percent. */
const MOSTLY = 0.95;

/** A warning where so much was left out that the numbers mislead; empty where they do not. */
export function samplingWarning(sampled: number): string {
  if (sampled >= MOSTLY) return "";
  const part = sampled < 0.01 ? "Less than 1" : `Only ${Math.floor(sampled * 100)}`;
  return `${part} % of the text was looked at for what follows: more came than the hub looks at in a second.`;
}

/** A count of what was found: about so many where not all was looked at. */
export function foundCount(found: number, sampled: number): string {
  return `${sampled < 1 ? "≈\u202f" : ""}${count(found)}`;
}
