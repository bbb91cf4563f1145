// A small Solid app, as a developer would write it after reading Inrupt's
// documentation: log in, save a text at an address, open it again, watch it.
import { getDefaultSession, handleIncomingRedirect, login } from "@inrupt/solid-client-authn-browser";

const element = (id) => document.getElementById(id);
const session = getDefaultSession();

const home = new URL("/", location).href;
element("login").addEventListener("click", () =>
  attempt(() => login({ oidcIssuer: ISSUER, redirectUrl: home, clientName: "Notebook" })),
);
element("known").addEventListener("click", () =>
  attempt(() => login({ oidcIssuer: ISSUER, redirectUrl: home, clientId: new URL("/id", location).href })),
);
element("logout").addEventListener("click", () =>
  attempt(async () => {
    await session.logout({ logoutType: "app" });
    showWho();
  }),
);
element("everywhere").addEventListener("click", () =>
  attempt(() => session.logout({ logoutType: "idp", postLogoutUrl: home })),
);
element("save").addEventListener("click", () =>
  attempt(async () => {
    const response = await session.fetch(element("address").value, {
      method: "PUT",
      headers: { "Content-Type": "text/plain" },
      body: element("text").value,
    });
    return `${response.status}`;
  }),
);
element("open").addEventListener("click", () =>
  attempt(async () => {
    const response = await session.fetch(element("address").value);
    return `${response.status} ${response.ok ? await response.text() : ""}`;
  }),
);

element("watch").addEventListener("click", () =>
  attempt(async () => {
    const response = await session.fetch(new URL(".notifications/WebSocketChannel2023/", ISSUER), {
      method: "POST",
      headers: { "Content-Type": "application/ld+json" },
      body: JSON.stringify({
        "@context": ["https://www.w3.org/ns/solid/notification/v1"],
        type: "http://www.w3.org/ns/solid/notifications#WebSocketChannel2023",
        topic: element("address").value,
      }),
    });
    const answer = await response.json();
    if (!response.ok) return `${response.status} ${answer.detail}`;
    const news = (text) => (element("news").textContent += `${text}\n`);
    const socket = new WebSocket(answer.receiveFrom);
    socket.onmessage = ({ data }) => news(`${JSON.parse(data).type} ${JSON.parse(data).object}`);
    socket.onclose = ({ code }) => news(`closed ${code}`);
    await new Promise((opened) => (socket.onopen = opened));
    return `${response.status} watching`;
  }),
);

await attempt(async () => {
  const denied = new URL(location).searchParams.get("error");
  await handleIncomingRedirect({ restorePreviousSession: true });
  return denied ?? "";
});
showWho();

function showWho() {
  element("webid").textContent = session.info.isLoggedIn ? session.info.webId : "nobody";
}

/** Shows what the action returns or why it failed. */
async function attempt(action) {
  element("result").textContent = "";
  try {
    element("result").textContent = (await action()) ?? "";
  } catch (error) {
    element("result").textContent = `failed: ${error.message}`;
  }
}
