// Serves the app on a free loopback port, bundled with the Inrupt library.
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { serve } from "../serve.mjs";

/** Returns the app's URL and a function that stops serving it. */
export async function serveApp(issuer) {
  const here = (name) => fileURLToPath(new URL(name, import.meta.url));
  const { outputFiles } = await build({
    entryPoints: [here("app.mjs")],
    bundle: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    define: { ISSUER: JSON.stringify(issuer), global: "globalThis" },
    write: false,
  });
  const files = {
    "/": ["text/html; charset=utf-8", await readFile(here("index.html"))],
    "/app.js": ["text/javascript", outputFiles[0].contents],
  };
  const app = await serve((path) => files[path]);
  files["/id"] = ["application/ld+json", JSON.stringify({
    "@context": "https://www.w3.org/ns/solid/oidc-context.jsonld",
    client_id: `${app.url}id`,
    client_name: "Known Notebook",
    redirect_uris: [app.url],
    post_logout_redirect_uris: [app.url],
    grant_types: ["authorization_code", "refresh_token"],
    scope: "openid offline_access webid",
  })];
  return app;
}
