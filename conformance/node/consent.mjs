// Consent that binds: an app sends a stranger to sign up; she lets it see one
// folder for a day; it sees that folder and nothing else; she widens, then stops
// it, and each time the app's very next request feels it, with the token that
// it has. Then the same by keyboard alone.
//
//   node consent.mjs http://localhost:3000/
import assert from "node:assert/strict";
import { serveApp } from "./app/server.mjs";
import { accessible, browser, fill, newPage, newPerson, saveText, step, wantSignedInAs, wantText } from "./journey.mjs";

const [server] = process.argv.slice(2);
const app = await serveApp(server);
try {
  await narrowed(newPerson(server, "ann"));
  await byKeyboard(newPerson(server, "kim"));
} finally {
  await browser.close();
  app.stop();
}

async function narrowed(person) {
  const { pod, webId } = person;
  const page = await newPage("en");
  await step("an app sends a stranger to sign up, and she comes back with a choice to make", async () => {
    await page.goto(app.url);
    await page.getByRole("button", { name: "Log in", exact: true }).click();
    await page.getByRole("link", { name: "Create an account" }).click();
    await fill(page, { "E-mail address": person.email, Password: person.password, "Name of your pod": person.name });
    await page.getByRole("button", { name: "Create my account and pod" }).click();
    await page.getByRole("button", { name: "Allow" }).waitFor();
    assert.equal(await page.getByLabel("Everything that I can do").isChecked(), false);
  });
  await step("she lets it see one folder, for a day", async () => {
    await page.getByLabel("settings/", { exact: true }).selectOption("See");
    await page.getByLabel("For how long?").selectOption("one day");
    await page.getByRole("button", { name: "Allow" }).click();
    await page.waitForURL(`${app.url}**`);
    await wantSignedInAs(page, webId);
  });
  await step("the app sees the folder", async () => {
    await wantText(page, `${pod}settings/prefs.ttl`, "200");
    await wantText(page, `${pod}settings/`, "200");
    await wantText(page, `${pod}profile/card`, "200"); // as everybody may
  });
  await step("and nothing else: no other folder, no listing above, no writing, no ACL", async () => {
    for (const path of ["inbox/", "", "settings/.acl", "nowhere/at-all"]) {
      await wantText(page, `${pod}${path}`, "403");
    }
    await saveText(page, `${pod}settings/new.txt`, "x", "403");
    await saveText(page, `${pod}elsewhere/new.txt`, "x", "403");
  });

  const home = await page.context().newPage();
  await step("she finds the app in her account and lets it change the folder", async () => {
    await home.goto(`${server}.account/`);
    await home.getByRole("link", { name: "Notebook" }).click();
    await accessible(home, "grant");
    await home.getByLabel("settings/", { exact: true }).selectOption("See, add, change and delete");
    await home.getByRole("button", { name: "Save the change" }).click();
    await home.getByRole("status").waitFor();
  });
  await step("the app writes there with the token that it has", async () => {
    await saveText(page, `${pod}settings/new.txt`, "Hello");
    await wantText(page, `${pod}settings/new.txt`, "200 Hello");
    await saveText(page, `${pod}elsewhere/new.txt`, "x", "403");
  });
  await step("she stops it, and its very next request is refused", async () => {
    await home.getByRole("button", { name: "Stop all access" }).click();
    await home.getByRole("heading", { name: "Your account" }).waitFor();
    await wantText(page, `${pod}settings/new.txt`, "401");
    await saveText(page, `${pod}settings/new.txt`, "x", "401");
  });
  await step("a reload does not let it in again", async () => {
    await page.reload();
    await page.getByRole("button", { name: "Allow" }).or(page.getByLabel("WebID").getByText("nobody", { exact: true })).first().waitFor();
  });
  await page.context().close();
}

/** Signs up, lets the app in and stops it without touching a pointer. */
async function byKeyboard(person) {
  const page = await newPage("en", { width: 360, height: 740 });
  await step("by keyboard: sign up from an app", async () => {
    await page.goto(app.url);
    await press(page, "Log in");
    await page.getByLabel("E-mail address").waitFor();
    await press(page, "Create an account");
    await page.getByLabel("Name of your pod").waitFor();
    await type(page, { "E-mail address": person.email, Password: person.password, "Name of your pod": person.name });
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Allow" }).waitFor();
  });
  await step("by keyboard: choose what the app may do", async () => {
    await focus(page, "settings/");
    await page.keyboard.press("ArrowDown"); // Nothing → See
    assert.equal(await page.getByLabel("settings/", { exact: true }).inputValue(), "see");
    await press(page, "Allow");
    await page.waitForURL(`${app.url}**`);
    await wantSignedInAs(page, person.webId);
    await wantText(page, `${person.pod}settings/`, "200");
  });
  await step("by keyboard: stop it", async () => {
    const home = await page.context().newPage();
    await home.goto(`${server}.account/`);
    await press(home, "Notebook");
    await home.getByRole("button", { name: "Stop all access" }).waitFor();
    await press(home, "Stop all access");
    await home.getByRole("heading", { name: "Your account" }).waitFor();
    await wantText(page, `${person.pod}settings/`, "401");
  });
  await page.context().close();
}

/** Moves the focus on with Tab until it is on what has the name, as a person does. */
async function focus(page, name) {
  for (let i = 0; i < 80; i++) {
    await page.keyboard.press("Tab");
    const focused = await page.evaluate(() => {
      const element = document.activeElement;
      const label = element.labels?.[0]?.innerText ?? element.innerText ?? "";
      return { name: label.trim(), visible: element.getBoundingClientRect().width > 0 };
    });
    if (focused.name === name) {
      assert.ok(focused.visible, `${name} has the focus and cannot be seen`);
      return;
    }
  }
  assert.fail(`Tab does not reach ${name}`);
}

async function press(page, name) {
  await focus(page, name);
  await page.keyboard.press("Enter");
}

async function type(page, fields) {
  for (const [label, value] of Object.entries(fields)) {
    await focus(page, label);
    await page.keyboard.type(value);
  }
}
