// Asks sources with Comunica: `node comunica.cjs '{"sources": [...], "query": "..."}'`.
// Writes one line of JSON: what kind of answer came, and its rows or triples as strings.
const { QueryEngine } = require("@comunica/query-sparql");

const text = (term) => (term ? term.value : null);

async function main() {
  const { query, sources } = JSON.parse(process.argv[2]);
  const result = await new QueryEngine().query(query, { sources });
  const answer = { kind: result.resultType };
  if (result.resultType === "bindings") {
    const rows = await (await result.execute()).toArray();
    answer.rows = rows.map((row) =>
      Object.fromEntries([...row].map(([variable, term]) => [variable.value, text(term)])),
    );
  } else if (result.resultType === "quads") {
    const quads = await (await result.execute()).toArray();
    answer.rows = quads.map((quad) => [quad.subject, quad.predicate, quad.object].map(text));
  } else {
    answer.truth = await result.execute();
  }
  process.stdout.write(JSON.stringify(answer));
}

main().catch((error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
