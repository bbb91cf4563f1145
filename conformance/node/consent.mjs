// Consent that binds: an app sends a stranger to sign up; she lets it see one
// folder for a day; it sees that folder, hears of changes in it, and nothing
// else; she widens, then stops it, and each time the app's very next request
// feels it, with the token that it has, and so does what it listens to. Then the
// same by keyboard alone, and once until a time that comes.
//
//   node consent.mjs http://localhost:3000/
import assert from "node:assert/strict";
import { accountAPI, bearer, callAccount } from "./account.mjs";
import { serveApp } from "./app/server.mjs";
import { accessible, browser, fill, newPage, newPerson, saveText, step, wantSignedInAs, wantText } from "./journey.mjs";

const [server] = process.argv.slice(2);
const app = await serveApp(server);
try {
  await narrowed(newPerson(server, "ann"));
  await forAWhile(newPerson(server, "tim"));
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

  const api = await signIn(person);
  await step("it is told of changes in the folder, as long as they happen there", async () => {
    await watch(page, `${pod}settings/`, "200 watching");
    await api.write("inbox/unheard.txt");
    await api.write("settings/heard.txt");
    await wantNews(page, `Add ${pod}settings/heard.txt`);
  });
  await step("and of no others: why and where to ask is said", async () => {
    await watch(page, `${pod}inbox/`, "403");
    const said = await page.getByLabel("Result").innerText();
    assert.ok(said.includes("has not been given") && said.includes(`${server}.account/`), said);
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
  await step("and it hears nothing of the very next change", async () => {
    await api.write("settings/secret.txt");
    await wantNews(page, "closed");
    assert.ok(!(await page.getByLabel("News").innerText()).includes("secret.txt"));
    await watch(page, `${pod}settings/`, "401");
  });
  await step("a reload does not let it in again", async () => {
    await page.reload();
    await page.getByRole("button", { name: "Allow" }).or(page.getByLabel("WebID").getByText("nobody", { exact: true })).first().waitFor();
  });
  await page.context().close();
}

/** The time of an app is over: it is refused, and hears nothing more. */
async function forAWhile(person) {
  const { pod } = person;
  const page = await newPage("en");
  await step("until a time: an app watches a folder", async () => {
    await page.goto(app.url);
    await page.getByRole("button", { name: "Log in", exact: true }).click();
    await page.getByRole("link", { name: "Create an account" }).click();
    await fill(page, { "E-mail address": person.email, Password: person.password, "Name of your pod": person.name });
    await page.getByRole("button", { name: "Create my account and pod" }).click();
    await page.getByLabel("settings/", { exact: true }).selectOption("See");
    await page.getByRole("button", { name: "Allow" }).click();
    await page.waitForURL(`${app.url}**`);
    await wantSignedInAs(page, person.webId);
    await watch(page, `${pod}settings/`, "200 watching");
  });
  await step("until a time: it comes, and the app is refused and hears nothing", async () => {
    const api = await signIn(person);
    const { grants } = await api.call(api.controls.account.grant);
    const soon = new Date(Date.now() + 2000);
    const { resource, access } = grants.find(({ client }) => client.client_name === "Notebook");
    await api.post(resource, { access, until: soon.toISOString() });
    await new Promise((later) => setTimeout(later, soon - Date.now() + 1000));
    await api.write("settings/secret.txt");
    await wantNews(page, "closed");
    assert.ok(!(await page.getByLabel("News").innerText()).includes("secret.txt"));
    await wantText(page, `${pod}settings/`, "403");
    await watch(page, `${pod}settings/`, "403");
  });
  await page.context().close();
}

/** The account API for somebody who has signed up, and a program of hers that writes into her pod. */
async function signIn({ email, password, pod, webId }) {
  const login = await callAccount(`${server}.account/login/password/`, {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ email, password }),
  });
  const api = await accountAPI(server, login.authorization);
  const Authorization = await bearer(server, await api.post(api.controls.account.clientCredentials, { name: "diary", webId }));
  const write = async (path) => {
    const { status } = await fetch(`${pod}${path}`, { method: "PUT", headers: { Authorization, "Content-Type": "text/plain" }, body: "news" });
    assert.equal(status, 201);
  };
  return { ...api, write };
}

async function watch(page, address, expected) {
  await fill(page, { Address: address });
  await page.getByRole("button", { name: "Watch" }).click();
  await page.getByLabel("Result").getByText(expected).waitFor();
}

async function wantNews(page, expected) {
  await page.getByLabel("News").getByText(expected).waitFor();
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
