// A resident's first day with the Inrupt libraries, unchanged from npm. It runs
// against any Solid server that has WAC, the account API of Community Solid
// Server, and profiles that name their storage:
//
//   node scenario.mjs write  http://localhost:3000/ state.json
//   node scenario.mjs verify http://localhost:3000/ state.json
//
// "write" makes two residents; the first keeps a document and a picture and
// lets the second read the document. It leaves in state.json what "verify"
// needs to check that all of it is still there, for example after the server
// was killed.
import assert from "node:assert/strict";
import { createCipheriv, createHash, randomUUID } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import {
  buildThing,
  createAclFromFallbackAcl,
  createSolidDataset,
  createThing,
  getAgentAccess,
  getContainedResourceUrlAll,
  getContentType,
  getFile,
  getPodUrlAll,
  getSolidDataset,
  getSolidDatasetWithAcl,
  getStringNoLocale,
  getThing,
  hasAccessibleAcl,
  hasFallbackAcl,
  hasResourceAcl,
  overwriteFile,
  saveAclFor,
  saveSolidDatasetAt,
  setAgentResourceAccess,
  setThing,
  universalAccess,
} from "@inrupt/solid-client";
import { signUp } from "./account.mjs";
import { login, logOut } from "./resident.mjs";
import { step } from "./step.mjs";

const title = "http://purl.org/dc/terms/title";
const topic = "http://purl.org/dc/terms/subject";
const [phase, server, stateFile] = process.argv.slice(2);

await { write, verify }[phase]();
await logOut();

async function write() {
  const [alice, bob] = await Promise.all(["alice", "bob"].map((name) => signUp(server, `${name}-${randomUUID().slice(0, 8)}`)));
  const state = { alice, bob, document: `${alice.pod}notes/first.ttl`, picture: `${alice.pod}pictures/door.png` };
  const { fetch: own } = await login(server, alice);
  const { fetch: other } = await login(server, bob);

  await step("the profile leads to the storage", async () => {
    assert.deepEqual(await getPodUrlAll(alice.webId, { fetch: own }), [alice.pod]);
  });
  await step("writes a private document and reads it back", async () => {
    const note = buildThing(createThing({ name: "note" })).addStringNoLocale(title, "Hello").addStringNoLocale(topic, "doors").build();
    await saveSolidDatasetAt(state.document, setThing(createSolidDataset(), note), { fetch: own });
    await assertNote(state.document, own, { title: "Hello", topic: "doors" });
  });
  await step("writes a picture of 20 MB and reads it back", async () => {
    await overwriteFile(state.picture, new Blob([picture()], { type: "image/png" }), { contentType: "image/png", fetch: own });
    await assertPicture(state.picture, own);
  });
  await step("patches the document", async () => {
    const before = await getSolidDataset(state.document, { fetch: own });
    const note = buildThing(getThing(before, `${state.document}#note`)).setStringNoLocale(title, "Hello, world").build();
    await saveSolidDatasetAt(state.document, setThing(before, note), { fetch: own });
    await assertNote(state.document, own, { title: "Hello, world", topic: "doors" });
  });
  await step("lists the containers", async () => {
    const contained = async (container) => getContainedResourceUrlAll(await getSolidDataset(container, { fetch: own })).sort();
    assert.deepEqual(await contained(`${alice.pod}notes/`), [state.document]);
    assert.deepEqual(await contained(`${alice.pod}pictures/`), [state.picture]);
    const members = await contained(alice.pod);
    assert.ok(members.includes(`${alice.pod}notes/`) && members.includes(`${alice.pod}pictures/`), members.join(" "));
  });
  await step("nobody else can read yet", async () => {
    await assertStatus(403, getSolidDataset(state.document, { fetch: other }));
    await assertStatus(401, getSolidDataset(state.document));
  });
  await step("gives the second resident read access with an ACL", async () => {
    const document = await getSolidDatasetWithAcl(state.document, { fetch: own });
    assert.ok(hasAccessibleAcl(document) && hasFallbackAcl(document) && !hasResourceAcl(document));
    const acl = setAgentResourceAccess(createAclFromFallbackAcl(document), bob.webId, {
      read: true, append: false, write: false, control: false,
    });
    await saveAclFor(document, acl, { fetch: own });
    const shared = await getSolidDatasetWithAcl(state.document, { fetch: own });
    assert.deepEqual(getAgentAccess(shared, bob.webId), { read: true, append: false, write: false, control: false });
  });
  await assertSharing(state, own, other);
  await writeFile(stateFile, JSON.stringify(state));
}

async function verify() {
  const state = JSON.parse(await readFile(stateFile, "utf8"));
  const { fetch: own } = await login(server, state.alice);
  const { fetch: other } = await login(server, state.bob);
  await step("the document is as it was", () => assertNote(state.document, own, { title: "Hello, world", topic: "doors" }));
  await step("the picture is as it was", () => assertPicture(state.picture, own));
  await assertSharing(state, own, other);
  await step("takes the access back", async () => {
    await universalAccess.setAgentAccess(state.document, state.bob.webId, { read: false }, { fetch: own });
    await assertStatus(403, getSolidDataset(state.document, { fetch: other }));
    await assertNote(state.document, own, { title: "Hello, world", topic: "doors" });
  });
}

async function assertSharing(state, own, other) {
  await step("the second resident reads and cannot write", async () => {
    await assertNote(state.document, other, { title: "Hello, world", topic: "doors" });
    const dataset = await getSolidDataset(state.document, { fetch: other });
    const changed = buildThing(getThing(dataset, `${state.document}#note`)).setStringNoLocale(title, "Mine").build();
    await assertStatus(403, saveSolidDatasetAt(state.document, setThing(dataset, changed), { fetch: other }));
    await assertStatus(403, overwriteFile(state.document, new Blob(["Mine"]), { contentType: "text/turtle", fetch: other }));
    await assertStatus(403, getFile(state.picture, { fetch: other }));
    await assertNote(state.document, own, { title: "Hello, world", topic: "doors" });
    const access = await universalAccess.getAgentAccess(state.document, state.bob.webId, { fetch: own });
    assert.equal(access.read, true);
    assert.equal(access.write, false);
  });
  await step("a stranger gets 401", async () => {
    await assertStatus(401, getSolidDataset(state.document));
    await assertStatus(401, getFile(state.picture));
  });
}

async function assertNote(url, fetch, expected) {
  const note = getThing(await getSolidDataset(url, { fetch }), `${url}#note`);
  assert.ok(note, `${url} holds no #note`);
  assert.deepEqual({ title: getStringNoLocale(note, title), topic: getStringNoLocale(note, topic) }, expected);
}

async function assertPicture(url, fetch) {
  const file = await getFile(url, { fetch });
  assert.equal(getContentType(file), "image/png");
  assert.equal(hash(Buffer.from(await file.arrayBuffer())), hash(picture()));
}

/** 20 MB that do not compress and are the same each time. */
function picture() {
  return createCipheriv("aes-128-ctr", Buffer.alloc(16), Buffer.alloc(16)).update(Buffer.alloc(20 << 20));
}

function hash(bytes) {
  return createHash("sha256").update(bytes).digest("hex");
}

async function assertStatus(status, answer) {
  await assert.rejects(answer, (error) => {
    assert.equal(error.statusCode, status, error.message);
    return true;
  });
}
