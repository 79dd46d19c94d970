/** The jars of a Kafka broker for tests, fetched by Maven into .cache. */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { root, run, step } from "./run.mjs";

const folder = join(root, ".cache", "kafka-3.9.1");

/** The folder with the jars; null, with a line that says why, where there is no Java or no Maven. */
export async function ensureKafka() {
  const java = await run("java", ["-version"], { quiet: true, check: false });
  if (java.code !== 0) {
    console.log(
      "There is no java here: the tests with a real Kafka broker are left out. A JDK 17 brings them.",
    );
    return null;
  }
  if (existsSync(folder) && readdirSync(folder).some((name) => name.startsWith("kafka-clients-")))
    return folder;
  const maven = await run("mvn", ["--version"], { quiet: true, check: false });
  if (maven.code !== 0) {
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
