import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'

/** What `npm test` runs against, and what `npm run test:kafka39` does. */
export const kafkaVersion = process.env['REDRIVE_TEST_KAFKA'] ?? '4.2.0'

const CACHE = resolve(import.meta.dirname, '../../.cache/kafka')
const DOWNLOAD_TIMEOUT_MS = 280_000
const run = promisify(execFile)

/** Folder of the broker's jars: fetched once from Maven Central with the machine's Maven, then kept. */
export async function kafkaJars(version: string): Promise<string> {
  const folder = join(CACHE, version)
  if (existsSync(folder)) return folder
  await found('mvn', ['-version'], 'Maven (mvn) is missing: the Kafka of the tests is fetched with it')
  const work = join(CACHE, `fetching-${version}-${process.pid}`)
  await mkdir(work, { recursive: true })
  await writeFile(join(work, 'pom.xml'), pom(version))
  const goal = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies'
  const words = ['-q', '-B', goal, '-DincludeScope=runtime', `-DoutputDirectory=${join(work, 'jars')}`]
  await run('mvn', words, { cwd: work, timeout: DOWNLOAD_TIMEOUT_MS })
  // Whoever was first has the same.
  if (!existsSync(folder)) await rename(join(work, 'jars'), folder)
  await rm(work, { recursive: true, force: true })
  return folder
}

/** Fails by name where a program that the broker needs is not there. */
export async function found(program: string, words: readonly string[], missing: string): Promise<void> {
  await run(program, [...words]).catch((cause: unknown) => {
    throw new Error(missing, { cause })
  })
}

function pom(version: string): string {
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>redrive.test</groupId><artifactId>kafka</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${version}</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
`
}
