import { defineConfig, type Plugin } from "vite";
import { overBound, startsOf } from "./start-size.ts";

/** Fails the build when the page's start grows over its bound. */
function boundStart(): Plugin {
  return {
    name: "bound-start",
    // After the names of chunks have been written into those that load them.
    enforce: "post",
    async generateBundle(_, bundle) {
      const chunks = Object.values(bundle).filter((each) => each.type === "chunk");
      const starts = await startsOf(chunks);
      const said = overBound(starts);
      if (said) this.error(said);
      for (const { view, bytes } of starts)
        this.info(`${view} starts with ${bytes} bytes of JavaScript, gzipped`);
    },
  };
}

export default defineConfig({
  plugins: [boundStart()],
  // A proxy may have the page under any path.
  base: "./",
  build: {
    target: "es2022",
    // The page's policy allows no inline code and no data: scripts.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
  },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
});
