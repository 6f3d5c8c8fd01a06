// Lets xterm draw under a policy that forbids style elements and style attributes: what it would write into them goes
// into style sheets and declarations that scripts own, which the policy has nothing against. It makes its elements by
// `document.createElement` and has no other way in (its `documentOverride` is not asked for rows, nor for the scroll
// bar), so that is another function while a terminal is open.

export class StrictStyles {
  private readonly sheets: CSSStyleSheet[] = [];
  private readonly create = (tag: string) => this.element(tag);

  /** From now on until `dispose`; one at a time. */
  constructor(private readonly page: Document) {
    Object.defineProperty(page, "createElement", { value: this.create, configurable: true });
  }

  dispose(): void {
    if (this.page.createElement === this.create) Reflect.deleteProperty(this.page, "createElement");
    const mine = new Set(this.sheets);
    this.page.adoptedStyleSheets = this.page.adoptedStyleSheets.filter((sheet) => !mine.has(sheet));
  }

  private element(tag: string): HTMLElement {
    if (tag === "style") return this.style();
    const element = Document.prototype.createElement.call(this.page, tag);
    // Colours that no class has are written as an attribute.
    if (tag === "span") element.setAttribute = setAttribute;
    return element;
  }

  private style(): HTMLElement {
    const sheet = new CSSStyleSheet();
    this.sheets.push(sheet);
    this.page.adoptedStyleSheets = [...this.page.adoptedStyleSheets, sheet];
    const element = Document.prototype.createElement.call(this.page, "span");
    element.hidden = true;
    Object.defineProperty(element, "textContent", { set: (text: string) => sheet.replaceSync(text) });
    return element;
  }
}

function setAttribute(this: HTMLElement, name: string, value: string): void {
  if (name === "style") this.style.cssText = value;
  else Element.prototype.setAttribute.call(this, name, value);
}
