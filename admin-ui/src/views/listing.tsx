// A table of rows that are all alike. Where there is no room for columns each row is a card of its own, on which each
// value says which it is (people.css).

import type { ComponentChildren } from "preact";
import { Scrolled } from "./scrolled";

export interface Column<Row> {
  /** What its values are; of buttons it is said only to who hears the page. */
  head: string;
  cell: (row: Row) => ComponentChildren;
  /** It has buttons: they need no name on a card. */
  acts?: boolean;
}

interface Props<Row> {
  label: string;
  /** The first one says which row it is. */
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  id: (row: Row, index: number) => string;
}

export function Listing<Row>({ label, columns, rows, id }: Props<Row>) {
  const [first, ...others] = columns;
  if (!first) return null;
  return (
    <Scrolled label={label}>
      <thead>
        <tr>
          {columns.map(({ head, acts }) => (
            <th key={head} scope="col">
              {acts ? <span class="hidden">{head}</span> : head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row, index) => (
          <tr key={id(row, index)}>
            <th scope="row">{first.cell(row)}</th>
            {others.map(({ head, cell, acts }) =>
              acts ? (
                <td key={head} class="acts">
                  {cell(row)}
                </td>
              ) : (
                <td key={head} data-label={head}>
                  <div>{cell(row)}</div>
                </td>
              ),
            )}
          </tr>
        ))}
      </tbody>
    </Scrolled>
  );
}
