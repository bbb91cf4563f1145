// The account API that Community Solid Server and Domicile share: all URLs are
// taken from its controls.
// https://communitysolidserver.github.io/CommunitySolidServer/7.x/usage/account/json-api/

/** Makes an account with a pod and client credentials for the pod's WebID. */
export async function signUp(server, name) {
  const index = new URL(".account/", server);
  let headers = {};
  const controls = async () => (await callAccount(index, { headers })).controls;
  const post = (url, body) =>
    callAccount(url, {
      method: "POST",
      headers: { ...headers, "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });

  const { authorization } = await post((await controls()).account.create, {});
  headers = { Authorization: `CSS-Account-Token ${authorization}` };
  const { account, password } = await controls();
  const login = { email: `${name}@example.org`, password: "correct horse battery" };
  await post(password.create, login);
  const { pod, webId } = await post(account.pod, { name });
  const { id, secret } = await post(account.clientCredentials, { name: "scenario", webId });
  return { ...login, pod, webId, id, secret, authorization };
}

/**
 * Goes to an authorization request of an app as a signed-in browser would,
 * allows what it asks or what is chosen, and returns where the browser is sent.
 */
export async function allow(server, authorization, request, chosen = {}) {
  const { status, headers } = await fetch(request, { redirect: "manual", headers: { Cookie: `css-account=${authorization}` } });
  const question = new URL(headers.get("Location"));
  if (status !== 303 || !question.searchParams.has("interaction")) {
    throw new Error(`nobody is asked: ${status} ${question}`);
  }
  const account = { Authorization: `CSS-Account-Token ${authorization}` };
  const { controls } = await callAccount(new URL(`.account/${question.search}`, server), { headers: account });
  const { location } = await callAccount(controls.oidc.consent, {
    method: "POST",
    headers: { ...account, "Content-Type": "application/json" },
    body: JSON.stringify({ remember: true, ...chosen }),
  });
  return location;
}

/** The account API for a session: `controls`, `call` and `post`. */
export async function accountAPI(server, authorization) {
  const headers = { Authorization: `CSS-Account-Token ${authorization}`, "Content-Type": "application/json" };
  const call = (url, options) => callAccount(url, { ...options, headers });
  const { controls } = await call(`${server}.account/`);
  return { controls, call, post: (url, body) => call(url, { method: "POST", body: JSON.stringify(body) }) };
}

/** An Authorization header that client credentials give, at a server on this machine. */
export async function bearer(server, { id, secret }) {
  const { access_token } = await callAccount(`${server}.oidc/token`, {
    method: "POST",
    headers: { "Content-Type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ grant_type: "client_credentials", client_id: id, client_secret: secret }).toString(),
  });
  return `Bearer ${access_token}`;
}

export async function callAccount(url, options) {
  const response = await fetch(url, { ...options, headers: { Accept: "application/json", ...options?.headers } });
  const answer = await response.json();
  if (!response.ok) {
    throw new Error(`${options?.method ?? "GET"} ${url}: ${response.status} ${answer.message}`);
  }
  return answer;
}
