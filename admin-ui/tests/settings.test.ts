import { describe, expect, it } from "vitest";
import { setting } from "../src/session/settings";

function shelf(kept: Record<string, string> = {}) {
  return {
    kept,
    getItem: (key: string) => kept[key] ?? null,
    setItem: (key: string, value: string) => {
      kept[key] = value;
    },
  };
}

describe("a setting", () => {
  it("begins as kept, and is kept when it changes", () => {
    const place = shelf({ "hub.wrap": "true" });
    const wrap = setting("wrap", false, () => place);
    expect(wrap.value).toBe(true);
    wrap.value = false;
    expect(place.kept["hub.wrap"]).toBe("false");
  });

  it("keeps nothing that nobody chose", () => {
    const place = shelf();
    setting("wrap", false, () => place);
    expect(place.kept).toEqual({});
  });

  it("ignores what another page kept in another shape", () => {
    expect(setting("wrap", false, () => shelf({ "hub.wrap": '"yes"' })).value).toBe(false);
    expect(setting("rules", [], () => shelf({ "hub.rules": "{}" })).value).toEqual([]);
    expect(setting("wrap", true, () => shelf({ "hub.wrap": "{" })).value).toBe(true);
  });

  it("works where the browser keeps nothing", () => {
    const never = () => {
      throw new Error("storage is off");
    };
    const wrap = setting("wrap", false, never);
    wrap.value = true;
    expect(wrap.value).toBe(true);
  });
});
