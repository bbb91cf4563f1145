// An app with solid-logic, the logic below SolidOS, in Chromium: two residents
// log in; one shares, keeps her type indexes and begins a chat; the other finds
// the invitation in his inbox.
//
//   node clients/solid-logic.mjs http://localhost:3000/
import assert from "node:assert/strict";
import { allowEverything, browser, newPage, signIn, step, wantSignedInAs } from "../journey.mjs";
import { logOut, newResident, put, stranger, wantStatus, wantValues } from "../resident.mjs";
import { servePage } from "../serve.mjs";

const [server] = process.argv.slice(2);
const meeting = "http://www.w3.org/ns/pim/meeting#";
const app = await servePage(new URL("solid-logic.html", import.meta.url), "solid-logic/dist", "rdflib/dist");
try {
  const [alice, bob] = await Promise.all([newResident(server, "alice"), newResident(server, "bob")]);
  const photos = `${alice.pod}photos/list.ttl`;
  await put(alice, photos, "text/turtle", "<#it> a <http://purl.org/dc/dcmitype/Collection>.");
  const hers = await newPage("en");
  const his = await newPage("en");

  await step("two residents log in", async () => {
    await Promise.all([logIn(hers, alice), logIn(his, bob)]);
  });
  await step("a reload keeps the login", async () => {
    await hers.reload();
    await wantSignedInAs(hers, alice.webId);
  });
  await step("the profile leads to the storage, the inbox and the preferences", async () => {
    assert.deepEqual(await run(hers, async ({ profile }, me) => {
      await profile.loadMe();
      return {
        storage: profile.getPodRoot(me).value,
        inbox: (await profile.getMainInbox(me)).value,
        preferences: (await profile.loadPreferences(me)).value,
      };
    }), { storage: alice.pod, inbox: `${alice.pod}inbox/`, preferences: `${alice.pod}settings/prefs.ttl` });
  });
  await step("finds ACLs and opens a document to the public (ECO-CLI-09)", async () => {
    await wantStatus(stranger, photos, 401);
    const acl = await run(hers, async ({ acl }, me, photos) => {
      await acl.setACLUserPublic(photos, me, { public: ["Read"] });
      return acl.findAclDocUrl($rdf.sym(photos));
    }, photos);
    assert.equal(acl, `${photos}.acl`);
    await wantStatus(stranger, photos, 200);
    await wantStatus(stranger, acl, 401);
  });
  await step("registers in the type indexes, finds it and takes it out (ECO-TI-02)", async () => {
    const album = "http://schema.org/ImageGallery";
    const found = () => run(hers, async ({ typeIndex }, me, album) => {
      const apps = await typeIndex.getScopedAppInstances($rdf.sym(album), me);
      return apps.map(({ instance, scope }) => [scope.label, instance.value]);
    }, album);
    assert.deepEqual(await found(), []);
    await run(hers, async ({ typeIndex }, me, album, photos) => {
      const scopes = await typeIndex.loadTypeIndexesFor(me);
      for (const { index } of scopes) {
        await typeIndex.registerInTypeIndex($rdf.sym(`${photos}#${index.value.includes("public") ? "public" : "private"}`), index, $rdf.sym(album));
      }
    }, album, photos);
    assert.deepEqual((await found()).sort(), [["private", `${photos}#private`], ["public", `${photos}#public`]]);
    const index = await (await stranger.fetch(`${alice.pod}settings/publicTypeIndex.ttl`)).text();
    assert.match(index, /ImageGallery/);
    await run(hers, async ({ typeIndex }, me, album) => {
      for (const item of await typeIndex.getScopedAppInstances($rdf.sym(album), me)) {
        await typeIndex.deleteTypeIndexRegistration(item);
      }
    }, album);
    assert.doesNotMatch(await (await stranger.fetch(`${alice.pod}settings/publicTypeIndex.ttl`)).text(), /ImageGallery/);
  });
  let chat;
  await step("begins a chat: a container for two, an invitation, a registration", async () => {
    chat = await run(hers, async ({ chat }, me, friend) => (await chat.getChat($rdf.sym(friend), true)).value, bob.webId);
    await wantValues(bob, chat, "http://www.w3.org/1999/02/22-rdf-syntax-ns#type", `${meeting}LongChat`);
    await wantStatus(stranger, chat, 401);
    const again = await run(hers, async ({ chat }, me, friend) => (await chat.getChat($rdf.sym(friend), false)).value, bob.webId);
    assert.equal(again, chat);
    assert.match(await (await alice.fetch(`${alice.pod}settings/privateTypeIndex.ttl`)).text(), /LongChat/);
  });
  await step("the friend finds the invitation in his inbox, and puts it away (ECO-LDN-03)", async () => {
    const [message, ...more] = await run(his, async ({ inbox }) => (await inbox.getNewMessages()).map(({ value }) => value));
    assert.deepEqual(more, []);
    assert.ok(message.startsWith(`${bob.pod}inbox/`), message);
    assert.ok((await (await bob.fetch(message)).text()).includes(chat));
    await wantStatus(alice, message, 403);
    await run(his, ({ inbox }, me, message) => inbox.markAsRead(message, new Date("2026-05-01T00:00:00Z")), message);
    await wantStatus(bob, message, 404);
    const name = message.slice(`${bob.pod}inbox/`.length);
    assert.ok((await (await bob.fetch(`${bob.pod}inbox/archive/2026/05/01/${name}`)).text()).includes(chat));
  });
  await step("makes an inbox that one friend may write to", async () => {
    const inbox = await run(hers, ({ inbox }, me, friend) => inbox.createInboxFor(friend, "Bob"), bob.webId);
    const send = ({ fetch }) => fetch(inbox, { method: "POST", headers: { "Content-Type": "text/plain" }, body: "Hello" });
    assert.equal((await send(bob)).status, 201);
    assert.equal((await send(stranger)).status, 401);
    await wantStatus(bob, inbox, 403);
    await wantStatus(alice, inbox, 200);
  });
} finally {
  await browser.close();
  app.stop();
}
await logOut();

async function logIn(page, resident) {
  await page.goto(app.url);
  await wantSignedInAs(page, "nobody");
  await page.evaluate((server) => { SolidLogic.authSession.login(server, location.href); }, server);
  await signIn(page, resident);
  await allowEverything(page, app);
  await wantSignedInAs(page, resident.webId);
}

/** Runs use(solidLogic, me, ...values) in the page. */
function run(page, use, ...values) {
  return page.evaluate(`(${use})(SolidLogic.solidLogicSingleton, SolidLogic.authn.currentUser(), ...${JSON.stringify(values)})`);
}
