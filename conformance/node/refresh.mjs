// A program that keeps a person's login with a refresh token, by Inrupt's
// library for Node.js, unchanged from npm.
//
//   node refresh.mjs http://localhost:3000/
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { EVENTS, Session } from "@inrupt/solid-client-authn-node";
import { allow, signUp } from "./account.mjs";

const [server] = process.argv.slice(2);
const redirectUrl = "http://localhost:9/callback";
const sessions = [];
const alice = await signUp(server, `alice-${randomUUID().slice(0, 8)}`);
const { registration_endpoint } = await json(new URL(".well-known/openid-configuration", server));
const { client_id: clientId, client_secret: clientSecret } = await json(registration_endpoint, {
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify({
    redirect_uris: [redirectUrl],
    grant_types: ["authorization_code", "refresh_token"],
    id_token_signed_response_alg: "ES256", // the library takes no other of a client that it did not register
  }),
});

// She lets the program in once, with her browser.
const first = observed();
let request;
await first.session.login({
  oidcIssuer: server, clientId, clientSecret, redirectUrl, handleRedirect: (url) => { request = url; },
});
await first.session.handleIncomingRedirect(await allow(server, alice.authorization, request));
await works(first);

// From then on it needs the refresh token only, a new one each time.
const second = await restored(first.refreshToken);
await works(second);
assert.notEqual(second.refreshToken, first.refreshToken);
await works(await restored(second.refreshToken));

// A refresh token that comes a second time ends everything.
await assert.rejects(async () => works(await restored(second.refreshToken)));
assert.equal((await second.session.fetch(alice.pod)).status, 401);

// A session renews its token by a timer that keeps the process alive.
await Promise.all(sessions.map((session) => session.logout()));

/** A session and the newest refresh token that it got. */
function observed() {
  const seen = { session: new Session() };
  sessions.push(seen.session);
  seen.session.events.on(EVENTS.NEW_REFRESH_TOKEN, (token) => { seen.refreshToken = token; });
  return seen;
}

async function restored(refreshToken) {
  const next = observed();
  await next.session.login({ oidcIssuer: server, clientId, clientSecret, refreshToken });
  return next;
}

async function works({ session, refreshToken }) {
  assert.equal(session.info.webId, alice.webId);
  assert.ok(refreshToken, "there is no refresh token");
  assert.equal((await session.fetch(alice.pod)).status, 200);
}

async function json(url, options) {
  const response = await fetch(url, options);
  assert.ok(response.ok, `${url}: ${response.status}`);
  return response.json();
}
