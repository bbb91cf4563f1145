// What the journeys through a real browser share: Chromium, steps that say
// where a journey failed, axe on every page, and a person.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { createRequire } from "node:module";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { step as plainStep } from "./step.mjs";

const wcag = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
const axeSource = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** CHROMIUM names the browser, SCREENSHOTS a folder for pictures of the pages. */
export const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  // Chromium's sandbox does not start for root; the rest keeps the browser from
  // calling its maker, which a closed network answers slowly.
  args: [
    ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
    "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
  ],
});

/** Somebody who has no account yet. */
export function newPerson(server, called) {
  const name = `${called}-${randomUUID().slice(0, 8)}`;
  const pod = `${server}${name}/`;
  return { name, email: `${name}@example.org`, password: "correct horse battery", pod, webId: `${pod}profile/card#me` };
}

/** A page in a browser of its own: other cookies, another language. */
export async function newPage(language, viewport) {
  const context = await browser.newContext({ locale: language, ...(viewport && { viewport }) });
  context.setDefaultTimeout(20_000);
  return context.newPage();
}

export async function fill(page, fields) {
  for (const [label, value] of Object.entries(fields)) {
    await page.getByLabel(label, { exact: true }).fill(value);
  }
}

/** Takes a picture of the page when SCREENSHOTS names a folder. */
export async function picture(page, name) {
  if (process.env.SCREENSHOTS) {
    await page.screenshot({ path: join(process.env.SCREENSHOTS, `${name}.png`), fullPage: true });
  }
}

/** Fails when the page has a violation of WCAG 2.2 AA that axe can find. */
export async function accessible(page, name) {
  await picture(page, name);
  // Scripts of the page may be forbidden; those of the debugger are not.
  await page.evaluate(axeSource);
  const { violations } = await page.evaluate((values) => window.axe.run({ runOnly: { type: "tag", values } }), wcag);
  const found = violations.flatMap(({ id, help, nodes }) => nodes.map((node) => `${id}: ${help}: ${node.html}`));
  assert.deepEqual(found, [], `${page.url()} is not accessible`);
}

export const step = (name, run) => plainStep(name, run, openPages);

/** What the open pages show, for whoever reads why a step failed. */
async function openPages() {
  const pages = browser.contexts().flatMap((context) => context.pages());
  const shown = pages.map(async (page) => `\n--- ${page.url()}\n${await page.locator("body").innerText()}`);
  return (await Promise.all(shown)).join("");
}

// Our pages for signing in and consent, in English.

export async function signIn(page, { email, password }) {
  await fill(page, { "E-mail address": email, Password: password });
  await page.getByRole("button", { name: "Sign in" }).click();
}

/** Lets an app do everything, and follows to where it is. */
export async function allowEverything(page, app) {
  await page.getByLabel("Everything that I can do").check();
  await page.getByRole("button", { name: "Allow" }).click();
  await page.waitForURL(`${app.url}**`);
}

// The app in ./app.

export async function wantSignedInAs(page, expected) {
  await page.getByLabel("WebID").getByText(expected, { exact: true }).waitFor();
}

/** Saves a text; "201", or another status that is expected. */
export async function saveText(page, address, text, expected = "201") {
  await fill(page, { Address: address, Text: text });
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByLabel("Result").getByText(expected).waitFor();
}

/** Opens an address; expected is the status and, when it is 2xx, the text. */
export async function wantText(page, address, expected) {
  await fill(page, { Address: address });
  await page.getByRole("button", { name: "Open" }).click();
  await page.getByLabel("Result").getByText(expected).waitFor();
}
