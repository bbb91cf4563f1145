// A resident's week with @inrupt/solid-client: folders, typed things, files,
// the profile, who may see what, by ACLs and by universal access, and what
// @inrupt/solid-client-notifications tells about changes.
// scenario.mjs has the first day.
//
//   node clients/inrupt.mjs http://localhost:3000/
import assert from "node:assert/strict";
import {
  asUrl,
  buildThing,
  createAcl,
  createContainerAt,
  createContainerInContainer,
  createSolidDataset,
  createThing,
  deleteAclFor,
  deleteContainer,
  deleteFile,
  deleteSolidDataset,
  getAgentDefaultAccess,
  getContainedResourceUrlAll,
  getContentType,
  getDatetime,
  getDecimal,
  getEffectiveAccess,
  getFile,
  getInteger,
  getProfileAll,
  getPublicAccess,
  getResourceAcl,
  getResourceInfo,
  getSolidDataset,
  getSolidDatasetWithAcl,
  getSourceUrl,
  getStringWithLocale,
  getThing,
  getThingAll,
  getUrlAll,
  getWebIdDataset,
  isContainer,
  isRawData,
  overwriteFile,
  removeThing,
  saveAclFor,
  saveFileInContainer,
  saveSolidDatasetAt,
  saveSolidDatasetInContainer,
  setAgentDefaultAccess,
  setAgentResourceAccess,
  setPublicDefaultAccess,
  setThing,
  universalAccess,
} from "@inrupt/solid-client";
import { WebsocketNotification } from "@inrupt/solid-client-notifications";
import { logOut, newResident, put, stranger, wantStatus, wantValues } from "../resident.mjs";
import { step } from "../step.mjs";

const schema = "https://schema.org/";
const [server] = process.argv.slice(2);
const [alice, bob] = await Promise.all([newResident(server, "alice"), newResident(server, "bob")]);
const { fetch } = alice;
const garden = `${alice.pod}garden/`;
const all = { read: true, append: true, write: true, control: true };
const reading = { read: true, append: false, write: false, control: false };

await step("makes containers (ECO-CLI-04)", async () => {
  await createContainerAt(garden, { fetch });
  await assert.rejects(createContainerAt(garden, { fetch }), { statusCode: 412 });
  const beds = await createContainerInContainer(garden, { slugSuggestion: "raised beds", fetch });
  assert.equal(getSourceUrl(beds), `${garden}raised%20beds/`);
  assert.deepEqual(await contained(garden), [`${garden}raised%20beds/`]);
});
await step("keeps typed values and gives them back (ECO-CLI-02)", async () => {
  const plant = buildThing(createThing({ name: "tomato" }))
    .addUrl("http://www.w3.org/1999/02/22-rdf-syntax-ns#type", `${schema}Product`)
    .addInteger(`${schema}amount`, 12).addDecimal(`${schema}height`, 1.25)
    .addDatetime(`${schema}dateCreated`, new Date("2026-05-01T09:30:00.250Z"))
    .addStringWithLocale(`${schema}name`, "Tomate “Zürich”", "de").addStringWithLocale(`${schema}name`, "トマト", "ja")
    .build();
  await saveSolidDatasetAt(`${garden}plants.ttl`, setThing(createSolidDataset(), plant), { fetch });
  const saved = getThing(await getSolidDataset(`${garden}plants.ttl`, { fetch }), `${garden}plants.ttl#tomato`);
  assert.equal(getInteger(saved, `${schema}amount`), 12);
  assert.equal(getDecimal(saved, `${schema}height`), 1.25);
  assert.equal(getDatetime(saved, `${schema}dateCreated`).toISOString(), "2026-05-01T09:30:00.250Z");
  assert.equal(getStringWithLocale(saved, `${schema}name`, "de"), "Tomate “Zürich”");
  assert.equal(getStringWithLocale(saved, `${schema}name`, "ja"), "トマト");
});
await step("does not overwrite what it has not seen", async () => {
  await assert.rejects(saveSolidDatasetAt(`${garden}plants.ttl`, createSolidDataset(), { fetch }), { statusCode: 412 });
});
await step("adds and removes things by patches (ECO-CLI-03)", async () => {
  const add = async (name) => {
    const dataset = await getSolidDataset(`${garden}plants.ttl`, { fetch });
    const thing = buildThing(createThing({ name })).addStringNoLocale(`${schema}name`, name).build();
    return saveSolidDatasetAt(`${garden}plants.ttl`, setThing(dataset, thing), { fetch });
  };
  await Promise.all(["bean", "leek", "kale"].map(add));
  const dataset = await getSolidDataset(`${garden}plants.ttl`, { fetch });
  await saveSolidDatasetAt(`${garden}plants.ttl`, removeThing(dataset, `${garden}plants.ttl#leek`), { fetch });
  const names = getThingAll(await getSolidDataset(`${garden}plants.ttl`, { fetch })).map((thing) => new URL(asUrl(thing)).hash);
  assert.deepEqual(names.sort(), ["#bean", "#kale", "#tomato"]);
});
await step("lets the server choose the name of a dataset and a file (ECO-CLI-05)", async () => {
  const thing = buildThing(createThing({ name: "it" })).addStringNoLocale(`${schema}name`, "rain").build();
  const saved = await saveSolidDatasetInContainer(garden, setThing(createSolidDataset(), thing), { slugSuggestion: "log", fetch });
  await wantValues(alice, `${getSourceUrl(saved)}#it`, `${schema}name`, "rain");
  const again = await saveSolidDatasetInContainer(garden, createSolidDataset(), { slugSuggestion: "log", fetch });
  assert.notEqual(getSourceUrl(again), getSourceUrl(saved));
  const plan = await saveFileInContainer(garden, new Blob(["• north\n"]), { slug: "plän 1.txt", contentType: "text/plain", fetch });
  assert.equal(getSourceUrl(plan), `${garden}pl%C3%A4n%201.txt`);
  const file = await getFile(getSourceUrl(plan), { fetch });
  assert.equal(getContentType(file), "text/plain");
  assert.equal(await file.text(), "• north\n");
  assert.equal(isRawData(await getResourceInfo(getSourceUrl(plan), { fetch })), true);
});
await step("replaces and deletes files, datasets and containers", async () => {
  await overwriteFile(`${garden}plan.txt`, new Blob(["1"]), { contentType: "text/plain", fetch });
  await overwriteFile(`${garden}plan.txt`, new Blob(["2"]), { contentType: "text/plain", fetch });
  assert.equal(await (await getFile(`${garden}plan.txt`, { fetch })).text(), "2");
  await assert.rejects(deleteContainer(garden, { fetch }), { statusCode: 409 });
  await deleteFile(`${garden}plan.txt`, { fetch });
  await deleteContainer(`${garden}raised%20beds/`, { fetch });
  const old = await saveSolidDatasetAt(`${garden}old.ttl`, createSolidDataset(), { fetch });
  await deleteSolidDataset(old, { fetch });
  for (const gone of ["plan.txt", "raised%20beds/", "old.ttl"]) {
    await wantStatus(alice, `${garden}${gone}`, 404);
    assert.ok(!(await contained(garden)).includes(`${garden}${gone}`));
  }
});
await step("tells what an error is about (ECO-CLI-07)", async () => {
  await assert.rejects(getSolidDataset(garden, { fetch: bob.fetch }), (error) => {
    assert.equal(error.statusCode, 403);
    assert.ok(error.problemDetails.title, "the error has no title");
    return true;
  });
});
await step("edits the profile", async () => {
  const name = "http://xmlns.com/foaf/0.1/name";
  const card = await getWebIdDataset(alice.webId, { fetch });
  await saveSolidDatasetAt(getSourceUrl(card), setThing(card, buildThing(getThing(card, alice.webId)).setStringNoLocale(name, "Alice Ünal").build()), { fetch });
  await wantValues(bob, alice.webId, name, "Alice Ünal");
  const { webIdProfile, altProfileAll } = await getProfileAll(alice.webId, { fetch });
  assert.deepEqual(getUrlAll(getThing(webIdProfile, alice.webId), "http://www.w3.org/ns/pim/space#storage"), [alice.pod]);
  assert.ok(Array.isArray(altProfileAll));
});
await step("cannot hijack the WebID: its issuer stays (ECO-WID-06)", async () => {
  const issuer = "http://www.w3.org/ns/solid/terms#oidcIssuer";
  const card = await getWebIdDataset(alice.webId, { fetch });
  const changed = setThing(card, buildThing(getThing(card, alice.webId)).setUrl(issuer, "https://evil.example/").build());
  await assert.rejects(saveSolidDatasetAt(getSourceUrl(card), changed, { fetch }), { statusCode: 409 });
  await wantValues(bob, alice.webId, issuer, server);
});
await step("shares a folder with an ACL and takes the ACL away (ECO-CLI-06)", async () => {
  const folder = await getSolidDatasetWithAcl(garden, { fetch });
  let acl = createAcl(folder);
  acl = setAgentDefaultAccess(setAgentResourceAccess(acl, alice.webId, all), alice.webId, all);
  acl = setAgentDefaultAccess(setAgentResourceAccess(acl, bob.webId, reading), bob.webId, reading);
  await saveAclFor(folder, setPublicDefaultAccess(acl, { ...reading, read: false }), { fetch });
  const shared = await getSolidDatasetWithAcl(garden, { fetch });
  assert.deepEqual(getAgentDefaultAccess(getResourceAcl(shared), bob.webId), reading);
  assert.deepEqual(await contained(garden, bob), await contained(garden));
  await wantStatus(bob, `${garden}plants.ttl`, 200);
  await wantStatus(stranger, `${garden}plants.ttl`, 401);
  await assert.rejects(deleteSolidDataset(`${garden}plants.ttl`, { fetch: bob.fetch }), { statusCode: 403 });
  const seen = await getResourceInfo(`${garden}plants.ttl`, { fetch: bob.fetch });
  assert.deepEqual(getEffectiveAccess(seen), {
    user: { read: true, append: false, write: false }, public: { read: false, append: false, write: false },
  });
  await deleteAclFor(shared, { fetch });
  await wantStatus(bob, `${garden}plants.ttl`, 403);
});
await step("shares with universal access, with a friend and with everybody", async () => {
  const plants = `${garden}plants.ttl`;
  const granted = await universalAccess.setAgentAccess(plants, bob.webId, { read: true, append: true }, { fetch });
  assert.deepEqual({ read: granted.read, append: granted.append, write: granted.write }, { read: true, append: true, write: false });
  await wantStatus(bob, plants, 200);
  const append = (body) => bob.fetch(plants, { method: "PATCH", headers: { "Content-Type": "application/sparql-update" }, body });
  assert.equal((await append(`INSERT DATA { <#pea> <${schema}name> "pea" }`)).status, 204);
  assert.equal((await append(`DELETE DATA { <#pea> <${schema}name> "pea" }`)).status, 403);
  await wantValues(alice, `${plants}#pea`, `${schema}name`, "pea");
  assert.deepEqual(Object.keys(await universalAccess.getAgentAccessAll(plants, { fetch })).sort(), [alice.webId, bob.webId].sort());
  await universalAccess.setPublicAccess(plants, { read: true }, { fetch });
  assert.equal((await universalAccess.getPublicAccess(plants, { fetch })).read, true);
  assert.equal(getPublicAccess(await getSolidDatasetWithAcl(plants, { fetch })).read, true);
  await wantStatus(stranger, plants, 200);
  await universalAccess.setPublicAccess(plants, { read: false }, { fetch });
  await universalAccess.setAgentAccess(plants, bob.webId, { read: false, append: false }, { fetch });
  await wantStatus(stranger, plants, 401);
  await wantStatus(bob, plants, 403);
  await wantStatus(alice, plants, 200);
});
await step("subscribes to changes by WebSocket (NOT-DISC-01, NOT-WS-01)", async () => {
  const plants = `${garden}plants.ttl`;
  const [file, folder] = [new WebsocketNotification(plants, { fetch }), new WebsocketNotification(garden, { fetch })];
  await Promise.all([file, folder].map(connected));
  const told = heard(file);
  await put(alice, plants, "text/turtle", "<#pea> a <#Plant>.");
  assert.deepEqual(await told, { type: "Update", object: plants });
  const added = heard(folder);
  await put(alice, `${garden}new.txt`, "text/plain", "x");
  assert.deepEqual(await added, { type: "Add", object: `${garden}new.txt` });
  file.disconnect();
  folder.disconnect();
});
await step("nobody subscribes to what he may not read (NOT-SUB-05)", async () => {
  const refused = new WebsocketNotification(garden, { fetch: bob.fetch }).connect();
  await assert.rejects(refused, (error) => error.errorResponse.status === 403);
});
await logOut();

async function connected(subscription) {
  const open = new Promise((resolve, reject) => subscription.once("connected", resolve).once("error", reject));
  await subscription.connect();
  await open;
}

/** The next message of a subscription, in short. */
async function heard(subscription) {
  const { type, object } = await new Promise((resolve) => subscription.once("message", resolve));
  return { type, object };
}

async function contained(container, { fetch } = alice) {
  const dataset = await getSolidDataset(container, { fetch });
  assert.equal(isContainer(dataset), true);
  return getContainedResourceUrlAll(dataset).sort();
}
