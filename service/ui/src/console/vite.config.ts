import { resolve } from "node:path";
import { defineConfig } from "vite";

const here = import.meta.dirname;

/** Addresses are relative: the pages work under any prefix. */
export default defineConfig({
  root: here,
  base: "./",
  worker: { format: "es" },
  build: {
    outDir: resolve(here, "../../static/console"),
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // The map's library alone is larger than Vite's usual limit; it is loaded beside the page.
    chunkSizeWarningLimit: 1500,
  },
});
