import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { defineConfig, type Plugin } from "vite";

const here = import.meta.dirname;

/** Tells the service worker which files there are: it keeps them all, under a name that changes with them. */
function precache(): Plugin {
  return {
    name: "precache",
    enforce: "post",
    generateBundle(_, bundle) {
      const worker = bundle["sw.js"];
      if (worker?.type !== "chunk") throw new Error("the service worker is missing from the build");
      const hash = createHash("sha256");
      const built = Object.values(bundle).filter((each) => each !== worker);
      for (const each of built) hash.update(each.type === "chunk" ? each.code : each.source);
      const open = readdirSync(resolve(here, "public"));
      for (const name of open) hash.update(readFileSync(resolve(here, "public", name)));
      const names = [...built.map((each) => each.fileName), ...open].filter((name) => name !== "index.html");
      worker.code = worker.code
        .replace("__FILES__", JSON.stringify(["./", ...names.sort()]))
        .replace("__VERSION__", JSON.stringify(hash.digest("hex").slice(0, 16)));
    },
  };
}

/** Addresses are relative: the pages work under any prefix. */
export default defineConfig({
  root: here,
  base: "./",
  build: {
    outDir: resolve(here, "../../static/m"),
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: { app: resolve(here, "index.html"), sw: resolve(here, "sw.ts") },
      output: {
        entryFileNames: (chunk) => (chunk.name === "sw" ? "sw.js" : "assets/[name]-[hash].js"),
      },
    },
  },
  plugins: [precache()],
});
