// Residents with a pod each, and a program that acts for them with client
// credentials: it prepares what a client under test works on, and looks
// independently of it at what the client did.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { getSolidDataset, getTermAll, getThing } from "@inrupt/solid-client";
import { Session } from "@inrupt/solid-client-authn-node";
import { signUp } from "./account.mjs";

const sessions = [];

/** A resident of the given name and more, with an account, a pod, and a session and its fetch. */
export async function newResident(server, called) {
  const resident = await signUp(server, `${called}-${randomUUID().slice(0, 8)}`);
  const session = await login(server, resident);
  return { ...resident, session, fetch: session.fetch };
}

/** Logs in with client credentials and returns the session. */
export async function login(server, { id, secret, webId }) {
  const session = new Session();
  sessions.push(session);
  await session.login({ clientId: id, clientSecret: secret, oidcIssuer: server });
  assert.equal(session.info.isLoggedIn, true);
  assert.equal(session.info.webId, webId);
  return session;
}

/** Ends all logins; a session renews its token by a timer that keeps the process alive. */
export async function logOut() {
  await Promise.all(sessions.map((session) => session.logout()));
}

/** Fails unless the document says, in exactly these values, what the subject's property is. */
export async function wantValues({ fetch }, subject, property, ...expected) {
  const document = new URL(subject);
  document.hash = "";
  const thing = getThing(await getSolidDataset(document.href, { fetch }), subject);
  const values = thing ? getTermAll(thing, property).map(({ value }) => value) : [];
  assert.deepEqual(values.sort(), expected.sort(), `${property} of ${subject}`);
}

/** Fails unless a GET in the resident's name, or anybody's, has the status. */
export async function wantStatus({ fetch }, url, expected) {
  const { status } = await fetch(url);
  assert.equal(status, expected, `${url} answers ${status}`);
}

/** Nobody that the server knows. */
export const stranger = { fetch: globalThis.fetch };

/** Creates or replaces a resource. */
export async function put({ fetch }, url, contentType, body) {
  const response = await fetch(url, { method: "PUT", headers: { "Content-Type": contentType }, body });
  assert.ok(response.ok, `PUT ${url}: ${response.status} ${await response.text()}`);
}
