// A newcomer's road through a real browser: she signs up, makes client
// credentials, logs in to an app through the authorization-code flow, and the
// app keeps a private text in her pod. Every page on the way is checked with
// axe, in each language.
//
//   node browser.mjs http://localhost:3000/
//
// CHROMIUM names the browser (default /usr/bin/chromium); SCREENSHOTS a folder
// for pictures of the pages.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { Session } from "@inrupt/solid-client-authn-node";
import { serveApp } from "./app/server.mjs";
import { accessible, browser, fill, newPage, newPerson, saveText, step, wantSignedInAs, wantText } from "./journey.mjs";

const [server] = process.argv.slice(2);

// What the pages call things, by language.
const words = {
  en: {
    email: "E-mail address", password: "Password", podName: "Name of your pod", signUp: "Create my account and pod",
    toSignUp: "Create an account", signIn: "Sign in", credentialsName: "Name",
    makeCredentials: "Make client credentials", everything: "Everything that I can do", allow: "Allow", cancel: "Cancel",
    saveCopy: "Save a copy", download: "Download",
  },
  nl: { email: "E-mailadres", password: "Wachtwoord", signIn: "Aanmelden", toSignUp: "Een account maken", allow: "Toestaan" },
  fr: { email: "Adresse e-mail", password: "Mot de passe", signIn: "Se connecter", toSignUp: "Créer un compte", allow: "Autoriser" },
};
const person = newPerson(server, "eve");
const { pod, webId } = person;

const app = await serveApp(server);
const sessions = [];
try {
  await axeWorks();
  const atHome = await newPage("en");
  await signUp(atHome);
  await makeCredentials(atHome);
  await saveCopy(atHome);
  await useApp(atHome);
  await inEachLanguage();
} finally {
  await browser.close();
  app.stop();
  await Promise.all(sessions.map((session) => session.logout()));
}

async function axeWorks() {
  await step("axe finds a field without a label", async () => {
    const page = await newPage("en");
    await page.setContent('<html lang="en"><title>Form</title><main><h1>Form</h1><input></main></html>');
    await assert.rejects(accessible(page, "unlabelled"), /label/);
    await page.context().close();
  });
}

async function signUp(page) {
  const word = words.en;
  await step("the printed address leads to the sign-up page", async () => {
    await page.goto(server);
    await accessible(page, "welcome");
    await page.getByRole("link", { name: word.toSignUp }).click();
    await page.getByLabel(word.podName).waitFor();
    await accessible(page, "sign-up");
  });
  await step("a mistake is explained where it was made", async () => {
    await fill(page, { [word.email]: person.email, [word.password]: person.email, [word.podName]: person.name });
    await page.getByRole("button", { name: word.signUp }).click();
    await page.getByRole("alert").waitFor();
    assert.equal(await page.getByLabel(word.password).getAttribute("aria-invalid"), "true");
    assert.equal(await page.getByLabel(word.email).inputValue(), person.email);
    await accessible(page, "sign-up-problem");
  });
  await step("whether a name is free is told while it is typed", async () => {
    await page.getByLabel(word.podName).fill("Admin");
    await page.getByText("admin is taken or not allowed.").waitFor();
    await page.getByLabel(word.podName).fill(person.name);
    await page.getByText(`${person.name} is free.`).waitFor();
    await accessible(page, "sign-up-name");
  });
  await step("signs up with e-mail, password and the name of a pod", async () => {
    await fill(page, { [word.password]: person.password, [word.podName]: person.name });
    await page.getByRole("button", { name: word.signUp }).click();
    await page.getByRole("link", { name: webId }).waitFor();
    await page.locator(".storage", { hasText: pod }).waitFor();
    await accessible(page, "account");
  });
  await step("the WebID answers and the pod is private", async () => {
    assert.equal((await fetch(webId, { headers: { Accept: "text/turtle" } })).status, 200);
    assert.equal((await fetch(pod)).status, 401);
  });
}

async function makeCredentials(page) {
  await step("makes client credentials that work", async () => {
    await fill(page, { [words.en.credentialsName]: "my script" });
    await page.getByRole("button", { name: words.en.makeCredentials }).click();
    const shown = page.getByRole("region", { name: "Your new client credentials" }).getByRole("definition");
    const [clientId, clientSecret] = await shown.allTextContents();
    await accessible(page, "credentials");
    const session = new Session();
    sessions.push(session);
    await session.login({ clientId, clientSecret, oidcIssuer: server });
    assert.equal(session.info.webId, webId);
    assert.equal((await session.fetch(pod)).status, 200);
  });
}

async function saveCopy(page) {
  await step("saves a copy of the pod", async () => {
    await page.goto(`${server}.account/`);
    await page.getByRole("link", { name: words.en.saveCopy }).click();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: words.en.download }).click(),
    ]);
    assert.match(download.suggestedFilename(), new RegExp(`^${person.name}-.*[.]zip$`));
    const archive = await readFile(await download.path());
    assert.ok(archive.includes(`${person.name}/profile/card`), "the profile is not in the archive");
  });
}

async function useApp(page) {
  const text = "Dear diary: 東京, Zürich.";
  const address = `${pod}private/diary.txt`;
  await step("logs in to an app: consent page and back", async () => {
    await page.goto(app.url);
    await wantSignedInAs(page, "nobody");
    await page.getByRole("button", { name: "Log in", exact: true }).click();
    await page.getByRole("button", { name: words.en.allow }).waitFor();
    const consent = await page.getByRole("main").innerText();
    assert.match(consent, /Notebook/);
    assert.ok(consent.includes(new URL(app.url).host), `the page does not say where it leads:\n${consent}`);
    await accessible(page, "consent");
    await page.getByRole("button", { name: words.en.allow }).click();
    await page.getByRole("alert").waitFor(); // nothing is chosen yet
    await accessible(page, "consent-problem");
    await allowEverything(page);
    await wantSignedInAs(page, webId);
  });
  await step("the app writes and reads a private resource", async () => {
    await saveText(page, address, text);
    await wantText(page, address, `200 ${text}`);
    assert.equal((await fetch(address)).status, 401);
  });
  await step("a reload restores the session without asking (ECO-CLI-08)", async () => {
    await page.reload();
    await wantSignedInAs(page, webId);
    await wantText(page, address, `200 ${text}`);
  });
  const elsewhere = await newPage("en");
  await step("a visitor of the app who is not signed in cannot read it", async () => {
    await elsewhere.goto(app.url);
    await wantSignedInAs(elsewhere, "nobody");
    await wantText(elsewhere, address, "401");
  });
  await step("on another device she signs in first, cancels, and is not logged in", async () => {
    await elsewhere.getByRole("button", { name: "Log in", exact: true }).click();
    await signIn(elsewhere, "en");
    await elsewhere.getByRole("button", { name: words.en.cancel }).click();
    await elsewhere.waitForURL(`${app.url}**`);
    await wantSignedInAs(elsewhere, "nobody");
    await elsewhere.getByLabel("Result").getByText("access_denied").waitFor();
  });
  await step("then allows and reads what she wrote", async () => {
    await elsewhere.goto(app.url);
    await elsewhere.getByRole("button", { name: "Log in", exact: true }).click();
    await allowEverything(elsewhere);
    await wantSignedInAs(elsewhere, webId);
    await wantText(elsewhere, address, `200 ${text}`);
  });
}

/** Checks the pages that a person passes, in each language. */
async function inEachLanguage() {
  for (const language of Object.keys(words)) {
    await step(`the pages in ${language} are accessible`, async () => {
      const page = await newPage(language);
      await page.goto(server);
      await accessible(page, `${language}-welcome`);
      await page.getByRole("link", { name: words[language].toSignUp }).click();
      await accessible(page, `${language}-sign-up`);
      await page.goto(app.url);
      await page.getByRole("button", { name: "Log in", exact: true }).click();
      await page.getByLabel(words[language].email).waitFor();
      await accessible(page, `${language}-sign-in`);
      await fill(page, { [words[language].email]: person.email, [words[language].password]: "wrong password" });
      await page.getByRole("button", { name: words[language].signIn }).click();
      await page.getByRole("alert").waitFor();
      await accessible(page, `${language}-sign-in-problem`);
      await signIn(page, language);
      await page.getByRole("button", { name: words[language].allow }).waitFor();
      await accessible(page, `${language}-consent`);
      await page.goto(`${server}.account/`);
      await page.getByRole("link", { name: webId }).waitFor();
      await accessible(page, `${language}-account`);
      await page.locator('a[href$="/export/"]').click();
      await page.locator("#nquads").waitFor();
      await accessible(page, `${language}-export`);
      await page.goBack();
      await page.getByRole("link", { name: "Notebook" }).first().click();
      await page.locator("select#term").waitFor();
      await accessible(page, `${language}-grant`);
      await page.context().close();
    });
  }
}

async function allowEverything(page) {
  await page.getByLabel(words.en.everything).check();
  await page.getByRole("button", { name: words.en.allow }).click();
  await page.waitForURL(`${app.url}**`);
}

async function signIn(page, language) {
  await fill(page, { [words[language].email]: person.email, [words[language].password]: person.password });
  await page.getByRole("button", { name: words[language].signIn }).click();
}
