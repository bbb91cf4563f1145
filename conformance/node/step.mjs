// The steps of a scenario, which say what worked and what did not.

/** Runs a step and returns its result; when it fails, the error says which one, and what more() adds. */
export async function step(name, run, more = () => "") {
  let result;
  try {
    result = await run();
  } catch (error) {
    throw new Error(`${name}: ${error.message}${await more()}`, { cause: error });
  }
  console.log(`ok ${name}`);
  return result;
}
