// The steps of a scenario, which say what worked and what did not.

/** How long a step may take, in ms, before it counts as one that hangs. */
const patience = 240_000;

/** Runs a step and returns its result; when it fails, the error says which one, and what more() adds. */
export async function step(name, run, more = () => "") {
  let result, timer;
  const hangs = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error("it does not come to an end")), patience);
  });
  try {
    result = await Promise.race([run(), hangs]);
  } catch (error) {
    throw new Error(`${name}: ${error.message}${await more()}`, { cause: error });
  } finally {
    clearTimeout(timer);
  }
  console.log(`ok ${name}`);
  return result;
}
