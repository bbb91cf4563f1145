// Serves pages to browsers, from an origin of their own.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";

/**
 * Serves on a free loopback port what find(path) returns, a media type and
 * content; returns the URL and a function that stops it.
 */
export async function serve(find) {
  const server = createServer(async (request, response) => {
    const found = await find(new URL(request.url, "http://localhost").pathname);
    response.writeHead(found ? 200 : 404, found ? { "Content-Type": found[0] } : {}).end(found?.[1]);
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    url: `http://localhost:${server.address().port}/`,
    stop: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

const mediaTypes = { js: "text/javascript", css: "text/css", png: "image/png" };

/** Serves a page at / and what it loads from folders of packages. */
export function servePage(page, ...folders) {
  return serve(async (path) => {
    if (path === "/") {
      return ["text/html; charset=utf-8", await readFile(page)];
    }
    for (const folder of folders) {
      const file = await readFile(new URL(`node_modules/${folder}${path}`, import.meta.url)).catch(() => undefined);
      if (file) {
        return [mediaTypes[path.split(".").pop()], file];
      }
    }
  });
}
