import { defineConfig } from "vite";

export default defineConfig({
  build: {
    target: "es2022",
    // The page's policy allows no inline code and no data: scripts.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
  },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
});
