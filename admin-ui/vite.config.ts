import { defineConfig } from "vite";

export default defineConfig({
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
