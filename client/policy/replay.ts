import { createReadStream } from 'node:fs'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import type { Context } from '../context.ts'
import { parsedJson } from '../http.ts'
import { exportLedger } from '../ledger/export.ts'
import { type Exit, Refusal, systemCodeOf, wrongUsage } from '../outcome.ts'
import type { Surroundings } from '../surroundings.ts'
import { isBundleHash, writeBundle } from './bundle-file.ts'
import { runPolicyProgram } from './program.ts'
import { withTemporaryFolder } from './temporary-folder.ts'

export type ReplayTyped = {
  new?: string
  own: boolean
  ledger?: string
  since?: string
  deployment?: string
  json: boolean
}

/**
 * Replays an exported ledger, or with `since` the ledger of this Hotwork.
 *
 * @throws Refusal if neither is named, or the policies are missing
 */
export async function replay(typed: ReplayTyped, surroundings: Surroundings, login: () => Context): Promise<Exit> {
  const { new: policies, own, ledger, since, deployment, json } = typed
  if (own === (policies !== undefined))
    throw wrongUsage('it takes NEW or `--own`', 'name the policies, or give `--own` for those that decided each entry')
  if (own && ledger === '-')
    throw wrongUsage('`--own` reads the ledger twice', 'give a file to `--ledger` in place of `-`')
  const run = (more: { ledger: string; own?: BundleFiles }): Promise<Exit> =>
    runPolicyProgram({ verb: 'replay', policies, deployment, json, ...more }, surroundings) as Promise<Exit>
  if (since === undefined && ledger !== undefined && !own) return run({ ledger })
  if (since === undefined && ledger === undefined)
    throw wrongUsage(
      'there is no ledger to replay',
      'give `--ledger FILE`, which `hotwork ledger export` wrote, or `--since 30d` for that of your Hotwork',
    )
  const context = login()
  return withTemporaryFolder(async (folder) => {
    const file = ledger === undefined ? await fetchLedger(folder, since ?? '', context) : ledger
    return run({ ledger: file, ...(own && { own: await fetchOwnBundles(file, folder, context) }) })
  })
}

/** The complete ledger in a file: a part must never be taken for the whole. */
async function fetchLedger(folder: string, since: string, context: Context): Promise<string> {
  const ledger = join(folder, 'ledger.ndjson')
  // Entries older than a minute are in the index.
  await exportLedger({ since, until: '1m', format: 'ndjson', out: ledger }, { ...context, json: false })
  return ledger
}

type BundleFiles = { readonly [hash: string]: string }

/** Files of the bundles that a ledger names, by hash. Unstored bundles are missing. */
async function fetchOwnBundles(ledger: string, folder: string, context: Context): Promise<BundleFiles> {
  const files: { [hash: string]: string } = {}
  for (const hash of await bundlesIn(ledger, context.surroundings)) {
    const file = join(folder, `${hash.replace(':', '-')}.json`)
    try {
      await writeBundle(hash, file, context)
      files[hash] = file
    } catch (cause) {
      if (!(cause instanceof Refusal && cause.told.code === 'unknown_bundle')) throw cause
    }
  }
  return files
}

/** The bundles of valid entries. The program reports invalid lines. */
async function bundlesIn(ledger: string, { folder }: Pick<Surroundings, 'folder'>): Promise<ReadonlySet<string>> {
  const hashes = new Set<string>()
  try {
    for await (const line of createInterface({ input: createReadStream(resolve(folder, ledger)) })) {
      const { bundle } = Object(parsedJson(line)) as { bundle?: unknown }
      if (isBundleHash(bundle)) hashes.add(bundle)
    }
  } catch (cause) {
    throw wrongUsage(
      `\`${ledger}\` cannot be read: ${systemCodeOf(cause)}`,
      'name the output of `hotwork ledger export`',
    )
  }
  return hashes
}
