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
