// How the pages are built: into the package, as files that a strict Content-Security-Policy lets through.
import { defineConfig } from "vitest/config";

const SERVER = "http://127.0.0.1:8000";

export default defineConfig({
  // Beside a server that runs: npm run dev shows the pages, and asks it for the rest.
  server: { proxy: { "/api": SERVER, "/healthz": SERVER } },
  build: {
    outDir: "../skaz/studio/pages",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0, // nothing as data: in the pages
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
    license: { fileName: "licences.md" }, // of what is bundled: theirs want to go with it
  },
  test: { include: ["tests/**/*.test.ts"], environment: "node" },
});
