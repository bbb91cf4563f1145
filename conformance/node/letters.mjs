// Where the server has a mail server: an app sends a stranger to sign up, a letter
// leads her through and back to the app; she forgets that she has an account and
// then her password, and each time a letter helps.
//
//   node letters.mjs http://localhost:3000/ 127.0.0.1:2525
//
// The second argument is where the server sends letters to (--smtp).
import assert from "node:assert/strict";
import { serveApp } from "./app/server.mjs";
import { browser, fill, newPage, newPerson, step, wantSignedInAs, wantText } from "./journey.mjs";
import { serveMailbox } from "./mailbox.mjs";

const [server, mail] = process.argv.slice(2);
const mailbox = await serveMailbox(mail);
const app = await serveApp(server);
const person = newPerson(server, "lea");
const { email, pod, webId } = person;
try {
  const page = await newPage("en");
  await step("an app sends a stranger to sign up, who is sent a letter", async () => {
    await logIn(page);
    await page.getByRole("link", { name: "Create an account" }).click();
    await signUp(page, person.password, person.name);
    assert.equal((await fetch(webId)).status, 404);
  });
  await step("its link leads to an account, a pod, a choice and back to the app", async () => {
    await page.goto(await mailbox.link(email));
    await page.getByRole("button", { name: "Create my account and pod" }).click();
    await allow(page);
    await wantText(page, `${pod}settings/`, "200");
  });
  const elsewhere = await newPage("en");
  await step("on another device she signs up once more: a letter tells that there is an account", async () => {
    await logIn(elsewhere);
    await elsewhere.getByRole("link", { name: "Create an account" }).click();
    await signUp(elsewhere, "another one entirely", `${person.name}-2`);
    await elsewhere.goto(await mailbox.link(email));
  });
  await step("there she finds that she forgot the password, and a letter lets her choose one", async () => {
    await elsewhere.getByRole("link", { name: "Forgot your password?" }).click();
    await fill(elsewhere, { "E-mail address": email });
    await elsewhere.getByRole("button", { name: "Send the e-mail" }).click();
    await elsewhere.goto(await mailbox.link(email));
    await fill(elsewhere, { "New password": "staple battery horse" });
    await elsewhere.getByRole("button", { name: "Change the password" }).click();
    await elsewhere.getByRole("status").waitFor();
  });
  await step("the new one works, the old device is signed out of the app", async () => {
    await logIn(elsewhere);
    await fill(elsewhere, { "E-mail address": email, Password: "staple battery horse" });
    await elsewhere.getByRole("button", { name: "Sign in" }).click();
    await allow(elsewhere);
    await wantText(page, `${pod}settings/`, "401");
  });
} finally {
  await browser.close();
  app.stop();
  mailbox.stop();
}

async function logIn(page) {
  await page.goto(app.url);
  await page.getByRole("button", { name: "Log in", exact: true }).click();
}

async function signUp(page, password, name) {
  await fill(page, { "E-mail address": email, Password: password, "Name of your pod": name });
  await page.getByRole("button", { name: "Create my account and pod" }).click();
  await page.getByRole("heading", { name: "Look in your mail" }).waitFor();
}

async function allow(page) {
  await page.getByLabel("settings/", { exact: true }).selectOption("See");
  await page.getByRole("button", { name: "Allow" }).click();
  await page.waitForURL(`${app.url}**`);
  await wantSignedInAs(page, webId);
}
