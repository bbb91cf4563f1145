// A mail server that keeps what it is sent, for journeys that go by letter.
import { createServer } from "node:net";

/** Listens at HOST:PORT; `link(to)` waits for the letter after the last one asked for, and returns its link. */
export async function serveMailbox(address) {
  const letters = [];
  const server = createServer((socket) => {
    let input = "";
    let letter; // null while commands come
    const say = (line) => socket.write(`${line}\r\n`);
    const command = (line) => {
      if (/^DATA/i.test(line)) {
        letter.lines = [];
        return "354 go on";
      }
      if (/^MAIL/i.test(line)) letter = { to: "" };
      if (/^RCPT/i.test(line)) letter.to = line.match(/<(.+)>/)[1];
      return /^QUIT/i.test(line) ? "221 bye" : "250 ok";
    };
    say("220 mailbox");
    socket.setEncoding("utf8");
    socket.on("error", () => {});
    socket.on("data", (part) => {
      input += part;
      for (let end; (end = input.indexOf("\r\n")) >= 0; input = input.slice(end + 2)) {
        const line = input.slice(0, end);
        if (!letter?.lines) {
          say(command(line));
        } else if (line === ".") {
          letters.push({ to: letter.to, text: decode(letter.lines.join("\r\n")) });
          letter = null;
          say("250 kept");
        } else {
          letter.lines.push(line.replace(/^\./, ""));
        }
      }
    });
  });
  const [host, port] = address.split(":");
  await new Promise((listening) => server.listen(Number(port), host, listening));
  return { link: (to) => link(letters, to), stop: () => server.close() };
}

/** Undoes quoted-printable (RFC 2045 §6.7), as far as the links need it. */
const decode = (text) => text.replaceAll("=\r\n", "").replaceAll(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));

async function link(letters, to) {
  for (let tries = 0; tries < 200; tries++) {
    const at = letters.findIndex((letter) => letter.to === to);
    if (at >= 0) {
      const [letter] = letters.splice(at, 1);
      return letter.text.match(/http:\/\/localhost\S+/)[0];
    }
    await new Promise((later) => setTimeout(later, 50));
  }
  throw new Error(`no letter to ${to}`);
}
