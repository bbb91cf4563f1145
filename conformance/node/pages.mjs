// Every page that the server has, in each language, narrow and wide: none has a
// violation of WCAG 2.2 AA that axe finds, in light and in dark colours, and none
// has to be scrolled sideways.
//
//   node pages.mjs http://localhost:3000/ 127.0.0.1:2525 INVITATION
//
// The second argument is where the server sends letters to (--smtp), the third
// the address of an invitation at a server that takes them. With SCREENSHOTS the
// pages are left as pictures in that folder.
import assert from "node:assert/strict";
import { accountAPI, allow, bearer, callAccount, signUp } from "./account.mjs";
import { accessible, browser, newPage, newPerson, step } from "./journey.mjs";
import { serveMailbox } from "./mailbox.mjs";

const [server, mail, invitation] = process.argv.slice(2);
const languages = ["nl", "fr", "en"];
const password = "correct horse battery"; // of account.mjs
const callback = "https://app.gent.example/callback";

/** Opens a page and judges it in both widths and colours. */
async function look(page, name, open) {
  await step(name, async () => {
    await page.setViewportSize({ width: 360, height: 740 });
    await open();
    for (const width of [360, 1280]) {
      await page.setViewportSize({ width, height: 740 });
      const beyond = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      assert.ok(beyond <= 0, `${beyond} px stick out at a width of ${width}`);
      await accessible(page, `${name}-${width}`);
    }
    if (name.endsWith("-en")) { // colours know no languages
      await page.emulateMedia({ colorScheme: "dark" });
      await accessible(page, `${name}-dark`);
      await page.emulateMedia({ colorScheme: "light" });
    }
  });
}

/** What a page is opened with: a resident with two pods, apps, a share, letters and sessions, and another one's token. */
async function prepare() {
  const her = newPerson(server, "anneleen");
  const signedUp = await signUp(server, her.name);
  const { authorization: token, pod } = signedUp;
  const confirm = await mailbox.link(her.email);
  const api = await accountAPI(server, token);
  await api.post(api.controls.account.share, {
    name: "Stadsbibliotheek Gent", webId: "https://bibliotheek.gent.example/profiel#organisatie",
    access: [{ location: `${pod}library/loans/`, actions: ["add"] }], until: inDays(300),
  });
  const notebook = await register("Notebook");
  const library = await register("Bibliotheek-app van de stad");
  await allow(server, token, request(await register("Agenda")));
  await allow(server, token, request(await register("Fotoalbum")), { access: [{ location: `${pod}settings/`, actions: ["read"] }], until: inDays(30) });
  await api.post(api.controls.account.pod, { name: `tweede-${her.name}` });
  const asking = [
    { type: "domicile-access", locations: [`${pod}settings/`, `${pod}leeslijst/`], actions: ["read", "add"], purpose: "Om je leeslijst te tonen en aan te vullen.", until: inDays(90) },
    { type: "domicile-access", classes: ["https://schema.org/Book"], actions: ["read"] },
  ];
  const page = await newPage("en");
  await signedIn(page, token);
  await page.goto(confirm);
  await submit(page); // so that letters for a new password go there
  await api.post(api.controls.password.forgot, { email: her.email });
  const reset = await mailbox.link(her.email);
  await page.goto(`${server}.account/`);
  const links = await page.locator("main a").evaluateAll((all) => all.map(({ href }) => href));
  const linked = (pattern) => links.find((href) => pattern.test(href)) ?? assert.fail(`the account page does not link ${pattern}`);
  await page.context().close();
  const leaver = await signUp(server, newPerson(server, "leo").name);
  const leavers = await accountAPI(server, leaver.authorization);
  await leavers.call(leavers.controls.account.delete, { method: "DELETE" });
  return {
    ...her, token, linked, reset, leaver: leaver.authorization,
    hers: await bearer(server, signedUp), others: await bearer(server, await signUp(server, newPerson(server, "bert").name)),
    plain: request(notebook), asking: request(library, asking),
  };
}

// Pages of somebody who is not signed in.
const strangers = {
  welcome: (page) => page.goto(server),
  "sign-up": (page, { plain }) => toSignUp(page, plain),
  "sign-up-problems": async (page, { plain }) => {
    await toSignUp(page, plain);
    await submit(page, { "#email": "anneleen", "#password": "kort", "#name": "_" });
    assert.equal(await page.locator("[aria-invalid=true]").count(), 3);
  },
  "sign-up-sent": async (page, { plain, name }, language) => {
    await toSignUp(page, plain);
    await submit(page, { "#email": `${name}-${language}@example.org`, "#password": password, "#name": `${name}-${language}` });
    await page.getByRole("status").waitFor();
  },
  finish: async (page, world, language) => {
    world.finish = await mailbox.link(`${world.name}-${language}@example.org`);
    await page.goto(world.finish);
  },
  "finish-elsewhere": async (page, { finish }) => {
    await page.context().clearCookies({ name: "css-form" });
    await page.goto(finish);
    await submit(page, { "#password": "a guess at it" });
    await page.locator("#password-problem").waitFor();
  },
  invitation: (page) => page.goto(invitation),
  "invitation-over": (page) => page.goto(`${invitation}x`),
  "sign-in": (page, { plain }) => page.goto(plain),
  "sign-in-problem": async (page, { email }) => {
    await page.goto(`${server}.account/login/password/`);
    await submit(page, { "#email": email, "#password": "a guess at it" });
  },
  forgot: (page) => page.goto(`${server}.account/login/password/forgot/`),
  "forgot-sent": async (page, _, language) => {
    await page.goto(`${server}.account/login/password/forgot/`);
    await submit(page, { "#email": `niemand-${language}@example.org` });
  },
  reset: (page, { reset }) => page.goto(reset),
  "reset-problem": (page) => submit(page, { "#password": "kort" }),
  "reset-code": (page) => page.goto(`${server}.account/login/password/reset/`),
  "link-over": (page) => page.goto(`${server}.account/login/password/reset/?rid=x`),
  "pod-401": (page, { pod }) => openSandboxed(page, 401, `${pod}settings/`),
  "pod-403": (page, { pod, others }) => openSandboxed(page, 403, `${pod}settings/`, others),
  "pod-404": (page) => openSandboxed(page, 404, `${server}nobody-is-here/at-all`),
  profile: (page, { webId }) => openSandboxed(page, 200, webId),
  container: (page, { pod, hers }) => openSandboxed(page, 200, pod, hers),
  rule: (page) => openSandboxed(page, 200, `${server}.docs/errors/SP-HTTP-04`),
  "request-refused": (page) => page.goto(`${server}.oidc/auth?client_id=http://a.example/`),
  "signed-out": (page) => page.goto(`${server}.oidc/session/end`),
};

// Pages of the resident.
const residents = {
  account: (page) => page.goto(`${server}.account/`),
  "welcome-back": (page) => page.goto(server),
  "credentials-made": async (page) => {
    await page.goto(`${server}.account/`);
    await submit(page, { "#credentialsName": "back-up" }, "form[action$='client-credentials/'] button");
    await page.locator("#made-secret").waitFor();
  },
  "new-pod": (page, { linked }) => page.goto(linked(/\/pod\/$/)),
  "new-pod-problem": async (page, { linked, name }) => {
    await page.goto(linked(/\/pod\/$/));
    await submit(page, { "#name": name });
  },
  contents: (page, { linked }) => page.goto(linked(/explain\/\?resource=/)),
  export: (page, { linked }) => page.goto(linked(/export\/$/)),
  password: (page, { linked }) => page.goto(linked(/login\/password\/[^/]+\/$/)),
  "password-problem": async (page, { linked }) => {
    await page.goto(linked(/login\/password\/[^/]+\/$/));
    await submit(page, { "#oldPassword": "a guess at it", "#password": "kort" });
  },
  email: (page, { linked }) => page.goto(linked(/email\/$/)),
  "email-sent": async (page, { linked, name }, language) => {
    await page.goto(linked(/email\/$/));
    await submit(page, { "#email": `${name}-${language}@elders.example` });
  },
  confirm: async (page, { name }, language) => page.goto(await mailbox.link(`${name}-${language}@elders.example`)),
  sessions: (page, { linked }) => page.goto(linked(/session\/$/)),
  webid: (page, { linked }) => page.goto(linked(/webid\/$/)),
  "webid-prove": async (page, { linked }) => {
    await page.goto(linked(/webid\/$/));
    await submit(page, { "#webId": "http://127.0.0.1:9/profile/card#me" });
    await page.locator("#quad").waitFor();
  },
  consent: (page, { plain }) => page.goto(plain),
  "consent-asking": (page, { asking }) => page.goto(asking),
  "consent-problem": async (page, { plain }) => {
    await page.goto(plain);
    await page.locator("#webId-0").check();
    await submit(page, {}, "button[value=allow]");
  },
  grant: (page) => openFromAccount(page, "Fotoalbum"),
  "grant-everything": (page) => openFromAccount(page, "Agenda"),
  "new-share": (page, { linked }) => page.goto(linked(/\/share\/$/)),
  "new-share-problem": async (page, { linked }) => {
    await page.goto(linked(/\/share\/$/));
    await submit(page, { "#name": "Bibliotheek", "#webId": "geen adres" }, "button[value=change]");
  },
  share: (page) => openFromAccount(page, "Stadsbibliotheek Gent"),
  "no-such-page": (page) => page.goto(`${server}.account/nowhere/`),
  "sign-out": (page) => page.goto(`${server}.oidc/session/end`),
  delete: (page, { linked }) => page.goto(linked(/delete\/$/)),
  "delete-problem": async (page, { linked }) => {
    await page.goto(linked(/delete\/$/));
    await submit(page);
  },
};

async function register(name) {
  const { client_id } = await callAccount(`${server}.oidc/reg`, {
    method: "POST", headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ client_name: name, redirect_uris: [callback], token_endpoint_auth_method: "none", application_type: "web" }),
  });
  return client_id;
}

/** An authorization request of an app. */
function request(client, details) {
  return `${server}.oidc/auth?${new URLSearchParams({
    response_type: "code", client_id: client, redirect_uri: callback, scope: "openid webid offline_access", prompt: "consent", state: "x",
    code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", code_challenge_method: "S256",
    ...(details && { authorization_details: JSON.stringify(details) }),
  })}`;
}

function inDays(days) {
  return `${new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 19)}Z`;
}

async function signedIn(page, token) {
  await page.context().addCookies([{ name: "css-account", value: token, url: server }]);
}

async function toSignUp(page, request) {
  await page.goto(request);
  await page.locator("a[href*='/register/']").click();
  await page.locator("#name").waitFor();
}

async function openFromAccount(page, name) {
  await page.goto(`${server}.account/`);
  await page.getByRole("link", { name }).click();
  await page.locator("#term").waitFor();
}

/** Fills a form as wrongly as it is asked to and sends it. */
async function submit(page, fields = {}, button = "main form button:not(.plain):not(.second)") {
  for (const [field, value] of Object.entries(fields)) await page.locator(field).fill(value);
  await page.evaluate(() => document.querySelectorAll("form").forEach((form) => (form.noValidate = true)));
  await Promise.all([page.waitForEvent("load"), page.locator(button).last().click()]);
}

/**
 * Opens a page of a pod. It is in a sandbox without scripts, those of axe
 * included: what is looked at is its content, in which all of it is.
 */
async function openSandboxed(page, status, address, authorization) {
  await page.setExtraHTTPHeaders(authorization ? { Authorization: authorization } : {});
  assert.equal((await page.goto(address)).status(), status);
  await page.setExtraHTTPHeaders({});
  const content = await page.content();
  await page.goto("about:blank");
  await page.setContent(content);
}

async function inLanguage(language, world) {
  const stranger = await newPage(language);
  for (const [name, open] of Object.entries(strangers)) await look(stranger, `${name}-${language}`, () => open(stranger, world, language));
  const resident = await newPage(language);
  await signedIn(resident, world.token);
  for (const [name, open] of Object.entries(residents)) await look(resident, `${name}-${language}`, () => open(resident, world, language));
  await signedIn(resident, world.leaver);
  await look(resident, `deleted-${language}`, () => resident.goto(`${server}.account/`));
}

const mailbox = await serveMailbox(mail);
try {
  const world = await step("a resident with all that pages can show", prepare);
  await Promise.all(languages.map((language) => inLanguage(language, { ...world })));
} finally {
  await browser.close();
  mailbox.stop();
}
