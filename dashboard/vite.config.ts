import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

// `npm run dev` works against a running local stack: CLIENT_HEALTH_URL names it.
const stack = process.env.CLIENT_HEALTH_URL ?? "http://127.0.0.1:8000";

/** Swagger UI's pictures stand inside its styles, where the CSP refuses them: without them nothing is complained of. */
const withoutInlinePictures: Plugin = {
  name: "without-inline-pictures",
  enforce: "pre",
  transform: (code, id) =>
    id.includes("swagger-ui.css")
      ? code.replace(/url\((?:"data:(?:[^"\\]|\\.)*"|'data:(?:[^'\\]|\\.)*'|data:[^)]*)\)/g, "none")
      : null,
};

export default defineConfig({
  plugins: [react(), withoutInlinePictures],
  build: {
    target: "es2022",
    assetsInlineLimit: 0, // a strict CSP has no data: scripts or styles
    rolldownOptions: {
      output: {
        // Libraries change less often than the pages: a browser keeps them over our releases.
        codeSplitting: {
          groups: [
            {
              name: "libraries",
              test: /node_modules\/(react|react-dom|scheduler|@tanstack|wouter|regexparam|use-sync-external-store)\//,
            },
            { name: "charts", test: /node_modules\/(chart\.js|@kurkle)\/|src\/charts\/engine/ },
          ],
        },
      },
    },
  },
  test: { include: ["src/**/*.test.ts"] },
  server: { proxy: { "/v1": stack, "/demo": stack, "/config.json": stack } },
});
