// An app's logins over a day, by Inrupt's library for browsers: she logs in,
// reloads, logs out of the app, logs out of everything, and somebody else takes
// over the computer. Once with an app that registers itself, once with one that
// has a client identifier document.
//
//   node sessions.mjs http://localhost:3000/
//
// The server has to fetch the document, which is on localhost.
import assert from "node:assert/strict";
import { serveApp } from "./app/server.mjs";
import {
  allowEverything, browser, fill, newPage, newPerson, saveText, signIn, step, wantSignedInAs, wantText,
} from "./journey.mjs";

const [server] = process.argv.slice(2);
const app = await serveApp(server);
try {
  const ann = newPerson(server, "ann");
  const bea = newPerson(server, "bea");
  await signUp(ann);
  await signUp(bea);
  await aDay("an app that registers itself", "Log in", ann, bea);
  await aDay("an app with a client identifier document", "Log in as a known app", ann, bea);
} finally {
  await browser.close();
  app.stop();
}

async function aDay(which, login, ann, bea) {
  const page = await newPage("en");
  const known = login !== "Log in";
  const address = `${ann.pod}${known ? "known" : "registered"}.txt`;
  const press = (name) => page.getByRole("button", { name, exact: true }).click();
  await step(`${which}: she logs in`, async () => {
    await page.goto(app.url);
    await wantSignedInAs(page, "nobody");
    await press(login);
    await signIn(page, ann);
    await page.getByLabel("Everything that I can do").waitFor();
    const shown = await page.getByRole("main").innerText();
    assert.match(shown, known ? /Known Notebook/ : /Notebook/);
    assert.ok(shown.includes(new URL(app.url).host), `the page does not say who asks:\n${shown}`);
    await allowEverything(page, app);
    await wantSignedInAs(page, ann.webId);
    await saveText(page, address, "mine");
  });
  await step(`${which}: a reload keeps her logged in, twice`, async () => {
    for (let times = 0; times < 2; times++) {
      await page.reload();
      await wantSignedInAs(page, ann.webId);
      await wantText(page, address, "200 mine");
    }
  });
  await step(`${which}: logged out of the app, also after a reload`, async () => {
    await press("Log out");
    await wantSignedInAs(page, "nobody");
    await wantText(page, address, "401");
    await page.goto(app.url);
    await wantSignedInAs(page, "nobody");
  });
  await step(`${which}: she logs in again without signing in`, async () => {
    await press(login);
    await allowEverything(page, app); // the library asks for consent each time
    await wantSignedInAs(page, ann.webId);
    await wantText(page, address, "200 mine");
  });
  await step(`${which}: logged out everywhere`, async () => {
    await press("Log out everywhere");
    if (known) { // its document says where she may be sent afterwards
      await page.waitForURL(`${app.url}**`);
    } else {
      await page.getByText("You are signed out").waitFor();
      await page.goto(app.url);
    }
    await wantSignedInAs(page, "nobody");
  });
  await step(`${which}: somebody else logs in, and is nobody but herself`, async () => {
    await press(login);
    await signIn(page, bea);
    await allowEverything(page, app);
    await wantSignedInAs(page, bea.webId);
    await wantText(page, address, "403");
    await page.reload();
    await wantSignedInAs(page, bea.webId);
  });
  await page.context().close();
}

async function signUp(person) {
  const page = await newPage("en");
  await step(`${person.name} signs up`, async () => {
    await page.goto(server);
    await page.getByRole("link", { name: "Create an account" }).click();
    await fill(page, { "E-mail address": person.email, Password: person.password, "Name of your pod": person.name });
    await page.getByRole("button", { name: "Create my account and pod" }).click();
    await page.getByRole("link", { name: person.webId }).waitFor();
  });
  await page.context().close();
}
