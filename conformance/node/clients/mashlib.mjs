// The databrowser of SolidOS in Chromium: a resident logs in, opens a private
// folder, edits her profile and shares the folder with a friend.
//
//   node clients/mashlib.mjs http://localhost:3000/
import { allowEverything, browser, newPage, picture, signIn, step, wantSignedInAs } from "../journey.mjs";
import { logOut, newResident, put, stranger, wantStatus, wantValues } from "../resident.mjs";
import { servePage } from "../serve.mjs";

const [server] = process.argv.slice(2);
const vcard = "http://www.w3.org/2006/vcard/ns#";
const app = await servePage(new URL("mashlib.html", import.meta.url), "mashlib/dist");
try {
  const [alice, bob] = await Promise.all([newResident(server, "alice"), newResident(server, "bob")]);
  const folder = `${alice.pod}private/`;
  await put(alice, `${folder}diary.ttl`, "text/turtle", `<#today> <${vcard}note> "Met Bob at the market.".`);
  const page = await newPage("en", { width: 1200, height: 900 });

  await step("a private folder asks to log in, by our pages for signing in and consent", async () => {
    await open(page, folder);
    await page.getByText("This resource is not publicly readable").waitFor();
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByPlaceholder("https://example.com").fill(server);
    await page.getByRole("button", { name: "Go" }).click();
    await signIn(page, alice);
    await allowEverything(page, app);
    await wantSignedInAs(page, alice.webId);
  });
  await step("opens the folder and a document in it (ECO-CLI-09)", async () => {
    await page.getByTitle("Contents (1)").waitFor();
    await page.getByText("diary.ttl", { exact: true }).waitFor();
    await picture(page, "mashlib-folder");
    await open(page, `${folder}diary.ttl`);
    await page.getByText("Met Bob at the market.").waitFor();
  });
  await step("edits the profile", async () => {
    await open(page, alice.webId);
    await page.getByRole("button", { name: "Edit" }).first().click();
    await page.getByRole("textbox", { name: "Nickname" }).fill("Ali");
    await page.getByRole("textbox", { name: "Full Name" }).fill("Alice Ünal");
    await picture(page, "mashlib-edit");
    await page.getByRole("button", { name: "Save Changes" }).click();
    await page.getByRole("heading", { name: "Alice Ünal" }).waitFor();
    await picture(page, "mashlib-profile");
    await wantValues(bob, alice.webId, "http://xmlns.com/foaf/0.1/nick", "Ali");
    await wantValues(bob, alice.webId, `${vcard}fn`, "Alice Ünal");
  });
  await step("shares the folder with a friend", async () => {
    await wantStatus(bob, `${folder}diary.ttl`, 403);
    await openSharing(page, folder);
    await page.getByRole("button", { name: "Set specific sharing for this folder" }).click();
    await page.getByRole("button", { name: "Remove custom sharing settings" }).waitFor();
    await openSharing(page, folder); // before that, it forgets to look the friend up
    await page.getByTitle("Add ...").click();
    await page.getByTitle("Add Person").click();
    await page.locator(".sharingPane input").fill(bob.webId);
    await page.getByTitle("Continue").click();
    await page.locator(".sharingPane").getByText(new URL(bob.pod).pathname.slice(1, -1)).waitFor();
    await picture(page, "mashlib-sharing");
    await wantStatus(bob, folder, 200);
    await wantStatus(bob, `${folder}diary.ttl`, 200);
    await wantStatus(stranger, folder, 401);
  });
} finally {
  await browser.close();
  app.stop();
}
await logOut();

async function openSharing(page, folder) {
  await open(page, folder);
  await page.getByTitle("Sharing").click();
}

async function open(page, subject) {
  await page.goto(`${app.url}?uri=${encodeURIComponent(subject)}`);
}
