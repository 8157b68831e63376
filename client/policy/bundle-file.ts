// Rules: test/client/policy/show.test.ts
import { join } from 'node:path'
import type * as z from 'zod'
import { KeptBundle } from '../../functions/domain/cards/wire/ledger.ts'
import type { Context } from '../context.ts'
import { digestOf } from '../digest.ts'
import { writeNew } from '../new-file.ts'
import { Fault, wrongUsage } from '../outcome.ts'
import { withTemporaryFolder } from './temporary-folder.ts'

export const isBundleHash = (typed: unknown): typed is string =>
  typeof typed === 'string' && /^sha-256:[A-Za-z0-9_-]{43}$/.test(typed)

/**
 * The bundle of a deployment. The API is not trusted: the content must have the requested hash.
 *
 * @throws Refusal if it was never kept, or the person may not read it
 */
export async function fetchBundle(hash: string, { api }: Pick<Context, 'api'>): Promise<z.infer<typeof KeptBundle>> {
  if (!isBundleHash(hash))
    throw wrongUsage(
      `\`${hash}\` is not a hash of a bundle`,
      'it is in `bundle` of each entry: sha-256: and 43 characters',
    )
  const kept = await api.call(KeptBundle, { method: 'GET', path: `/v1/bundles/${encodeURIComponent(hash)}` })
  const { hash: said, ...content } = kept.bundle
  if (said === hash && digestOf(content, 'hotwork.bundle.v1') === hash) return kept
  throw new Fault({
    code: 'bundle_broken',
    title: 'the downloaded bundle has the wrong hash',
    detail: `its hash is not ${hash}`,
  })
}

/** @throws as `fetchBundle` does */
export async function writeBundle(hash: string, file: string, context: Pick<Context, 'api'>): Promise<void> {
  const { bundle } = await fetchBundle(hash, context)
  writeNew(file, JSON.stringify(bundle, null, 2))
}

/**
 * Runs a verb that takes paths, with a temporary file for each hash of a bundle.
 *
 * @param context used only for a hash: a folder needs no login
 */
export async function withBundleFiles<T extends { readonly [name: string]: unknown }, R>(
  typed: T,
  context: () => Pick<Context, 'api'>,
  run: (typed: T) => Promise<R>,
): Promise<R> {
  const hashes = Object.entries(typed).filter((each): each is [string, string] => isBundleHash(each[1]))
  if (hashes.length === 0) return run(typed)
  return withTemporaryFolder(async (folder) => {
    const login = context()
    const files: { [name: string]: string } = {}
    for (const [name, hash] of hashes) {
      const path = join(folder, `${name}.json`)
      await writeBundle(hash, path, login)
      files[name] = path
    }
    return run({ ...typed, ...files })
  })
}
