// SPARQL over private documents with Comunica: queries over one and several
// documents, updates, and a query that finds its documents by following links
// from the profile.
//
//   node clients/comunica.mjs http://localhost:3000/
import assert from "node:assert/strict";
import { QueryEngine as TraversalEngine } from "@comunica/query-sparql-link-traversal-solid";
import { QueryEngine } from "@comunica/query-sparql-solid";
import { universalAccess } from "@inrupt/solid-client";
import { logOut, newResident, put, wantStatus, wantValues } from "../resident.mjs";
import { step } from "../step.mjs";

const [server] = process.argv.slice(2);
const [alice, bob] = await Promise.all([newResident(server, "alice"), newResident(server, "bob")]);
const schema = "https://schema.org/";
const prefixes = `PREFIX schema: <${schema}> PREFIX ldp: <http://www.w3.org/ns/ldp#> PREFIX solid: <http://www.w3.org/ns/solid/terms#>`;
const books = `${alice.pod}library/books.ttl`;
const loans = `${alice.pod}library/loans.jsonld`;
await put(alice, books, "text/turtle", `@prefix schema: <${schema}>.
<#dune> a schema:Book; schema:name "Dune"; schema:numberOfPages 412.
<#emma> a schema:Book; schema:name "Emma"; schema:numberOfPages 474.
<#zen> a schema:Book; schema:name "Zen"; schema:numberOfPages 418.`);
await put(alice, loans, "application/ld+json", JSON.stringify({
  "@context": { "@vocab": schema }, "@id": "#1", "@type": "LendAction",
  object: { "@id": `${books}#emma` }, endTime: "2026-12-01",
}));

const engine = new QueryEngine();
await step("selects from a private document", async () => {
  const query = "SELECT ?name { ?book a schema:Book; schema:name ?name; schema:numberOfPages ?pages FILTER(?pages < 420) } ORDER BY DESC(?pages)";
  assert.deepEqual(await select(engine, alice, query, [books]), [{ name: "Zen" }, { name: "Dune" }]);
});
await step("joins a Turtle and a JSON-LD document", async () => {
  const query = "SELECT ?name ?end { ?loan schema:object ?book; schema:endTime ?end. ?book schema:name ?name }";
  assert.deepEqual(await select(engine, alice, query, [books, loans]), [{ name: "Emma", end: "2026-12-01" }]);
});
await step("lists a container", async () => {
  const query = `SELECT ?member { <${alice.pod}library/> ldp:contains ?member } ORDER BY ?member`;
  assert.deepEqual(await select(engine, alice, query, [`${alice.pod}library/`]), [{ member: books }, { member: loans }]);
});
await step("asks and constructs", async () => {
  assert.equal(await engine.queryBoolean(`${prefixes} ASK { ?book schema:name "Emma" }`, context(alice, [books])), true);
  assert.equal(await engine.queryBoolean(`${prefixes} ASK { ?book schema:name "Ulysses" }`, context(alice, [books])), false);
  const quads = await engine.queryQuads(`${prefixes} CONSTRUCT { ?book schema:title ?name } WHERE { ?book schema:name ?name }`, context(alice, [books]));
  assert.equal((await quads.toArray()).length, 3);
});
await step("only who may read gets answers", async () => {
  const query = "SELECT ?name { ?book schema:name ?name }";
  await assert.rejects(select(fresh(), bob, query, [books]), /403/);
  await universalAccess.setAgentAccess(books, bob.webId, { read: true }, { fetch: alice.fetch });
  assert.equal((await select(fresh(), bob, query, [books])).length, 3);
});
await step("INSERT DATA and DELETE/INSERT WHERE change a document (ECO-CLI-12)", async () => {
  await update(alice, `INSERT DATA { <${books}#mort> a schema:Book; schema:name "Mort"; schema:numberOfPages 272 }`, books);
  await wantValues(bob, `${books}#mort`, `${schema}name`, "Mort");
  await update(alice, `DELETE { ?book schema:name ?old } INSERT { ?book schema:name "Mort (1987)" } WHERE { ?book schema:name ?old FILTER(?old = "Mort") }`, books);
  await wantValues(bob, `${books}#mort`, `${schema}name`, "Mort (1987)");
  await update(alice, `DELETE DATA { <${books}#mort> schema:name "Mort (1987)" }`, books);
  await wantValues(bob, `${books}#mort`, `${schema}name`);
});
await step("INSERT DATA makes a document that is not there (ECO-CLI-12)", async () => {
  const wishes = `${alice.pod}library/wishes.ttl`;
  await update(alice, `INSERT DATA { <${wishes}#1> schema:name "Ulysses" }`, wishes);
  await wantValues(alice, `${wishes}#1`, `${schema}name`, "Ulysses");
});
await step("who may not write is refused", async () => {
  await assert.rejects(update(bob, `INSERT DATA { <${books}#x> schema:name "X" }`, books));
  await wantValues(alice, `${books}#x`, `${schema}name`);
});

await step("follows links from the WebID to what the containers hold", async () => {
  const query = "SELECT ?name ?end { ?loan schema:object ?book; schema:endTime ?end. ?book schema:name ?name }";
  const found = await select(new TraversalEngine(), alice, query, [alice.webId], { lenient: true });
  assert.deepEqual(found, [{ name: "Emma", end: "2026-12-01" }]);
});
await step("and finds nothing of it for somebody else", async () => {
  const query = "SELECT ?name { ?book a schema:Book; schema:name ?name }";
  const found = await select(new TraversalEngine(), bob, query, [alice.webId], { lenient: true });
  assert.deepEqual(found, []);
});
await logOut();

/** What the engine finds in a resident's name, as plain values. */
async function select(engine, resident, query, sources, options) {
  const bindings = await (await engine.queryBindings(`${prefixes} ${query}`, context(resident, sources, options))).toArray();
  return bindings.map((binding) => Object.fromEntries([...binding].map(([{ value: name }, { value }]) => [name, value])));
}

async function update(resident, request, document) {
  await fresh().queryVoid(`${prefixes} ${request}`, context(resident, [document]));
}

/** An engine that has not kept what it read. */
function fresh() {
  return new QueryEngine();
}

function context({ session }, sources, options) {
  return { sources, "@comunica/actor-http-inrupt-solid-client-authn:session": session, ...options };
}
