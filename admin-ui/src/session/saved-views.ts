// Views that a person gave a name: addresses of this page, kept in the browser.

import { setting } from "./settings";

export interface SavedView {
  name: string;
  /** What stands behind the page's own address, from the `#` on. */
  address: string;
}

const MOST = 100;

export const savedViews = setting<SavedView[]>("views", []);

/** The views with one more, in the order of their names; one of the same name is replaced. */
export function withView(views: readonly SavedView[], name: string, address: string): SavedView[] {
  const others = views.filter((view) => view.name !== name);
  return [...others, { name, address }].sort((a, b) => a.name.localeCompare(b.name)).slice(0, MOST);
}

export function withoutView(views: readonly SavedView[], name: string): SavedView[] {
  return views.filter((view) => view.name !== name);
}
