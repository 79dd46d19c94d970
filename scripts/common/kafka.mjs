/** The jars of a Kafka broker for tests, fetched by Maven into .cache. */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { installPackages } from "./apt.mjs";
import { root, run, step } from "./run.mjs";

const folder = join(root, ".cache", "kafka-3.9.1");

const answers = async (program, flag) =>
  (await run(program, [flag], { quiet: true, check: false })).code === 0;

const hasJars = () =>
  existsSync(folder) && readdirSync(folder).some((name) => name.startsWith("kafka-clients-"));

/** The folder with the jars; null, with a line that says why, where there is no Java or no Maven to be had. */
export async function ensureKafka() {
  const missing = [];
  if (!(await answers("java", "-version"))) missing.push("default-jre-headless");
  if (!hasJars() && !(await answers("mvn", "--version"))) missing.push("maven");
  if (missing.length > 0) await installPackages("Java for a Kafka broker (Debian's packages)", ...missing);
  if (!(await answers("java", "-version"))) {
    console.log(
      "There is no java here: the tests with a real Kafka broker are left out. A JDK 17 brings them.",
    );
    return null;
  }
  if (hasJars()) return folder;
  if (!(await answers("mvn", "--version"))) {
    console.log("There is no mvn here to fetch Kafka: the tests with a real broker are left out.");
    return null;
  }
  await step("A Kafka broker for the tests", async () => {
    const partial = `${folder}.partial`;
    rmSync(partial, { recursive: true, force: true });
    mkdirSync(partial, { recursive: true });
    const pom = join(root, "test/nuclio/kafka/pom.xml");
    const copy = ["dependency:copy-dependencies", `-DoutputDirectory=${partial}`, "-DincludeScope=runtime"];
    await run("mvn", ["-q", "-B", "-f", pom, ...copy], { quiet: true });
    rmSync(folder, { recursive: true, force: true });
    renameSync(partial, folder);
  });
  return folder;
}
