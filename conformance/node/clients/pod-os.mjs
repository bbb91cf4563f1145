// An app with PodOS in Chromium: a resident logs in, looks around, adds things
// and values, searches by her label index and keeps an address book.
//
//   node clients/pod-os.mjs http://localhost:3000/
import assert from "node:assert/strict";
import { allowEverything, browser, newPage, signIn, step, wantSignedInAs } from "../journey.mjs";
import { logOut, newResident, put, stranger, wantStatus, wantValues } from "../resident.mjs";
import { servePage } from "../serve.mjs";

const [server] = process.argv.slice(2);
const schema = "http://schema.org/";
const solid = "http://www.w3.org/ns/solid/terms#";
const app = await servePage(new URL("pod-os.html", import.meta.url), "@pod-os/core/dist");
try {
  const [alice, bob] = await Promise.all([newResident(server, "alice"), newResident(server, "bob")]);
  const folder = `${alice.pod}recipes/`;
  await put(alice, `${folder}soup.ttl`, "text/turtle", `
    <#it> a <${schema}Recipe>; <${schema}name> "Soup"; <${schema}author> <${alice.webId}>.`);
  await put(alice, `${folder}soup.txt`, "text/plain", "Boil.");
  const page = await newPage("en");

  await step("logs in; a reload keeps the login", async () => {
    await page.goto(app.url);
    await wantSignedInAs(page, "nobody");
    await page.evaluate((server) => { os.login(server); }, server);
    await signIn(page, alice);
    await allowEverything(page, app);
    await wantSignedInAs(page, alice.webId);
    await page.reload();
    await wantSignedInAs(page, alice.webId);
  });
  await step("shows a private thing, what leads to it, and whether it may be edited", async () => {
    const it = `${folder}soup.ttl#it`;
    assert.deepEqual(await page.evaluate(async ([it, webId]) => {
      await os.fetchAll([it, webId]);
      const thing = os.store.get(it);
      return {
        label: thing.label(), types: thing.types().map(({ uri }) => uri), editable: thing.editable,
        relations: thing.relations().flatMap(({ uris }) => uris),
        reverse: os.store.get(webId).reverseRelations().flatMap(({ uris }) => uris).includes(it),
      };
    }, [it, alice.webId]), {
      label: "Soup", types: [`${schema}Recipe`], editable: true, relations: [alice.webId], reverse: true,
    });
  });
  await step("lists a folder and opens a file", async () => {
    assert.deepEqual(await page.evaluate(async (folder) => {
      await os.fetch(folder);
      const members = os.store.get(folder).assume(core.LdpContainer).contains().map(({ name }) => name).sort();
      const file = await os.fetchFile(`${folder}soup.txt`);
      return { members, text: await file.blob().text() };
    }, folder), { members: ["soup.ttl", "soup.txt"], text: "Boil." });
  });
  await step("adds a value to a thing (ECO-CLI-09)", async () => {
    const it = `${folder}soup.ttl#it`;
    await page.evaluate(([it, property]) => os.addPropertyValue(os.store.get(it), property, "with leek"), [it, `${schema}description`]);
    await wantValues(alice, it, `${schema}description`, "with leek");
    await wantValues(alice, it, `${schema}name`, "Soup");
  });
  await step("adds a new thing beside it", async () => {
    const it = await page.evaluate(async ([soup, type]) => {
      const it = os.proposeUriForNewThing(soup, "Dark bread");
      await os.addNewThing(it, "Dark bread", type);
      return it;
    }, [`${folder}soup.ttl`, `${schema}Recipe`]);
    assert.equal(it, `${folder}dark-bread#it`);
    await wantValues(alice, it, "http://www.w3.org/2000/01/rdf-schema#label", "Dark bread");
    await wantStatus(bob, it, 403);
    await wantStatus(stranger, it, 401);
  });
  await step("searches by the label index that the preferences name", async () => {
    const index = `${alice.pod}settings/labels.ttl`;
    await put(alice, index, "text/turtle", `<${folder}soup.ttl#it> <http://www.w3.org/2000/01/rdf-schema#label> "Soup".`);
    const preferences = `${alice.pod}settings/prefs.ttl`;
    const change = `INSERT DATA { <${alice.webId}> <${solid}privateLabelIndex> <${index}> }`;
    const { status } = await alice.fetch(preferences, {
      method: "PATCH", headers: { "Content-Type": "application/sparql-update" }, body: change,
    });
    assert.equal(status, 204);
    assert.deepEqual(await page.evaluate(async (webId) => {
      const search = await os.buildSearchIndex(await os.fetchProfile(webId));
      return search.search("sou").map(({ ref }) => ref);
    }, alice.webId), [`${folder}soup.ttl#it`]);
  });
  await step("keeps an address book with a group", async () => {
    const { contact, group, books, read } = await page.evaluate(async ([container, ownerWebId]) => {
      const contacts = await os.loadContactsModule();
      const addressBookUri = await contacts.createAddressBook({ containerUri: container, name: "Friends", ownerWebId });
      const contact = await contacts.createNewContact({ addressBookUri, contact: { name: "Bob" } });
      await contacts.addNewEmailAddress({ contactUri: contact, newEmailAddress: "bob@example.org" });
      const group = await contacts.createNewGroup({ addressBookUri, groupName: "Choir" });
      await contacts.addContactToGroup({ contactUri: contact, groupUri: group });
      return { contact, group, books: await contacts.listAddressBooks(ownerWebId), read: await contacts.readAddressBook(addressBookUri) };
    }, [alice.pod, alice.webId]);
    assert.equal(read.title, "Friends");
    assert.deepEqual(read.contacts.map(({ name }) => name), ["Bob"]);
    assert.deepEqual(books.privateUris.concat(books.publicUris), [read.uri]);
    await wantValues(alice, contact, "http://www.w3.org/2006/vcard/ns#fn", "Bob");
    await wantValues(alice, group, "http://www.w3.org/2006/vcard/ns#hasMember", contact);
    await wantStatus(bob, contact, 403);
  });
  await step("logs out", async () => {
    await page.evaluate(() => os.logout());
    await wantSignedInAs(page, "nobody");
    await page.reload();
    await wantSignedInAs(page, "nobody");
    assert.equal(await page.evaluate(async (url) => (await os.fetchFile(url)).blob(), `${folder}soup.txt`), null);
  });
} finally {
  await browser.close();
  app.stop();
}
await logOut();
