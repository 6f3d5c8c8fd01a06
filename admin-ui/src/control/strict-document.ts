// Lets xterm draw under a policy that forbids style elements and style attributes: what it would write into them goes
// into style sheets and declarations that scripts own, which the policy has nothing against.

/** A document for xterm, and the style sheets that it makes; `dispose` takes them away. */
export class StrictDocument {
  /** To be given as `documentOverride`. */
  readonly document: Document;
  private readonly sheets: CSSStyleSheet[] = [];

  constructor(private readonly real: Document) {
    const createElement = (tag: string) => this.create(tag);
    this.document = new Proxy(real, {
      get: (target, key) => {
        if (key === "createElement") return createElement;
        const value: unknown = Reflect.get(target, key, target);
        return typeof value === "function" ? value.bind(target) : value;
      },
      set: (target, key, value) => Reflect.set(target, key, value, target),
    });
  }

  /** Calls something that makes elements of the real document, too: xterm's scroll bar does, as it is opened. */
  during(open: () => void): void {
    const create = (tag: string) => this.create(tag);
    Object.defineProperty(this.real, "createElement", { value: create, configurable: true });
    try {
      open();
    } finally {
      Reflect.deleteProperty(this.real, "createElement");
    }
  }

  dispose(): void {
    const mine = new Set(this.sheets);
    this.real.adoptedStyleSheets = this.real.adoptedStyleSheets.filter((sheet) => !mine.has(sheet));
  }

  private create(tag: string): HTMLElement {
    if (tag === "style") return this.style();
    const element = Document.prototype.createElement.call(this.real, tag);
    // Colours that no class has are written as an attribute.
    if (tag === "span") element.setAttribute = setAttribute;
    return element;
  }

  private style(): HTMLElement {
    const sheet = new CSSStyleSheet();
    this.sheets.push(sheet);
    this.real.adoptedStyleSheets = [...this.real.adoptedStyleSheets, sheet];
    const element = Document.prototype.createElement.call(this.real, "span");
    element.hidden = true;
    Object.defineProperty(element, "textContent", { set: (text: string) => sheet.replaceSync(text) });
    return element;
  }
}

function setAttribute(this: HTMLElement, name: string, value: string): void {
  if (name === "style") this.style.cssText = value;
  else Element.prototype.setAttribute.call(this, name, value);
}
