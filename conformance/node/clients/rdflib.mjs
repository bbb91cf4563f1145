// An address book as an app with rdflib keeps it: the fetcher reads, the update
// manager puts, patches one and several documents, and hears of others' changes.
//
//   node clients/rdflib.mjs http://localhost:3000/
//
// Of Domicile, the last but one step takes --updates-via all.
import assert from "node:assert/strict";
import { universalAccess } from "@inrupt/solid-client";
import { Fetcher, graph, lit, Namespace, st, sym, UpdateManager } from "rdflib";
import WebSocket from "ws";
import { logOut, newResident, put, stranger, wantStatus, wantValues } from "../resident.mjs";
import { step } from "../step.mjs";

const [server] = process.argv.slice(2);
const ldp = Namespace("http://www.w3.org/ns/ldp#");
const vcard = Namespace("http://www.w3.org/2006/vcard/ns#");
const fn = vcard("fn").value;
let followed;
globalThis.WebSocket = class extends WebSocket { // Node.js before 22 has none
  constructor(url) {
    super(url);
    this.addEventListener("message", ({ data }) => data.startsWith("ack ") && followed());
  }
};

const [alice, bob] = await Promise.all([newResident(server, "alice"), newResident(server, "bob")]);
const { store, fetcher, updater } = client(alice);
const folder = `${alice.pod}contacts/`;
const people = sym(`${folder}people.ttl`);
const groups = sym(`${folder}groups.ttl`);
const ann = sym(`${people.value}#ann`);

await step("loads its own profile, which leads to the storage", async () => {
  await fetcher.load(alice.webId);
  const storage = store.any(sym(alice.webId), sym("http://www.w3.org/ns/pim/space#storage"));
  assert.equal(storage.value, alice.pod);
});
await step("makes a folder (ECO-CLI-11)", async () => {
  await fetcher.createContainer(alice.pod, "contacts");
  await wantStatus(alice, folder, 200);
  await wantStatus(stranger, folder, 401);
});
await step("makes a document unless it is there", async () => {
  await fetcher.createIfNotExists(people);
  await fetcher.createIfNotExists(people);
  await wantStatus(alice, people.value, 200);
});
await step("UpdateManager.put writes a document", async () => {
  await written((done) => updater.put(groups, [st(sym(`${groups.value}#all`), vcard("fn"), lit("Everybody"), groups)], "text/turtle", done));
  await wantValues(alice, `${groups.value}#all`, fn, "Everybody");
  await wantStatus(bob, groups.value, 403);
});
await step("lists the folder (ECO-CLI-09)", async () => {
  await fetcher.load(folder, { force: true });
  const members = store.each(sym(folder), ldp("contains")).map(({ value }) => value);
  assert.deepEqual(members.sort(), [groups.value, people.value]);
});
await step("finds out what it may edit", async () => {
  assert.equal(await updater.checkEditable(people), "SPARQL");
  const others = client(bob);
  await others.fetcher.load(alice.webId);
  assert.equal(others.updater.editable(sym(alice.webId).doc()), false);
});
await step("UpdateManager.update inserts, then replaces", async () => {
  await updater.update([], [st(ann, vcard("fn"), lit("Ann"), people), st(ann, vcard("note"), lit("met in Zürich, \"東京\"", "en"), people)]);
  await wantValues(alice, ann.value, fn, "Ann");
  await updater.update(store.statementsMatching(ann, vcard("fn"), null, people), [st(ann, vcard("fn"), lit("Ann Lee"), people)]);
  await wantValues(alice, ann.value, fn, "Ann Lee");
  await wantValues(alice, ann.value, vcard("note").value, "met in Zürich, \"東京\"");
});
await step("deleting by a stale copy what is not there any more is no error, as SPARQL has it (SP-SPU-02)", async () => {
  const stale = client(alice);
  await stale.fetcher.load(people);
  const note = store.statementsMatching(ann, vcard("note"), null, people);
  await updater.update([...note], []);
  await stale.updater.update(note, [st(ann, vcard("role"), lit("friend"), people)]);
  await wantValues(alice, ann.value, vcard("note").value);
  await wantValues(alice, ann.value, vcard("role").value, "friend");
});
await step("adds to and deletes what has a blank node, found by what is around it (ECO-CLI-10)", async () => {
  const mailbox = store.bnode();
  await updater.update([], [st(ann, vcard("hasEmail"), mailbox, people), st(mailbox, vcard("value"), sym("mailto:ann@example.org"), people)]);
  const reread = client(alice);
  await reread.fetcher.load(people);
  const known = reread.store.any(ann, vcard("hasEmail"), null, people);
  await reread.updater.update([], [st(known, vcard("note"), lit("work"), people)]);
  const saved = client(alice);
  await saved.fetcher.load(people);
  assert.equal(saved.store.anyValue(saved.store.any(ann, vcard("hasEmail")), vcard("note")), "work");
  await saved.updater.update(saved.store.connectedStatements(saved.store.any(ann, vcard("hasEmail"), null, people), people)
    .filter(({ subject, object }) => subject.termType === "BlankNode" || object.termType === "BlankNode"), []);
  await wantValues(alice, ann.value, vcard("hasEmail").value);
  await wantValues(alice, ann.value, fn, "Ann Lee");
});
await step("UpdateManager.updateMany changes two documents", async () => {
  const bea = sym(`${people.value}#bea`);
  await updater.updateMany([], [
    st(bea, vcard("fn"), lit("Bea"), people),
    st(sym(`${groups.value}#all`), vcard("hasMember"), bea, groups),
  ]);
  await wantValues(alice, bea.value, fn, "Bea");
  await wantValues(alice, `${groups.value}#all`, vcard("hasMember").value, bea.value);
});
await step("who may not write is refused", async () => {
  const others = client(bob);
  await assert.rejects(others.updater.update([], [st(sym(alice.webId), vcard("fn"), lit("Mallory"), sym(alice.webId).doc())]), /uneditable/);
  await assert.rejects(others.fetcher.webOperation("PUT", people.value, { contentType: "text/turtle", body: "" }), /403/);
  await wantValues(alice, ann.value, fn, "Ann Lee");
});
await step("hears live of what somebody else changes in a public document (NOT-OLD-01)", async () => {
  const board = sym(`${alice.pod}board.ttl`);
  await put(alice, board.value, "text/turtle", `<#notice> <${vcard("note").value}> "Closed".`);
  await universalAccess.setPublicAccess(board.value, { read: true }, { fetch: alice.fetch });
  await fetcher.load(board);
  await live(board, bob);
});
await step("and, where the server is told to let it, in a private one", async () => {
  await live(people, alice);
});
await step("deletes a document", async () => {
  await fetcher.webOperation("DELETE", groups.value);
  await wantStatus(alice, groups.value, 404);
});
await logOut();
process.exit(); // rdflib opens its socket again for ever

/** rdflib as an app of the resident sets it up. */
function client(resident) {
  const store = graph();
  const fetcher = new Fetcher(store, { fetch: resident.fetch });
  return { store, fetcher, updater: new UpdateManager(store) };
}

/** Waits for an operation that answers by callback. */
function written(operation) {
  return new Promise((resolve, reject) => {
    operation((uri, ok, message) => (ok ? resolve() : reject(new Error(`${uri}: ${message}`))));
  });
}

/** Changes a document and waits until the follower, who has it open, has the change. */
async function live(document, follower) {
  const notice = sym(`${document.value}#notice`);
  const other = client(follower);
  await other.fetcher.load(document);
  let changed;
  await new Promise((resolve) => {
    followed = resolve;
    changed = new Promise((heard) => other.updater.addDownstreamChangeListener(document, heard));
  });
  await updater.update(store.statementsMatching(notice, null, null, document), [st(notice, vcard("note"), lit("Open"), document)]);
  await changed;
  assert.equal(other.store.anyValue(notice, vcard("note")), "Open");
}
