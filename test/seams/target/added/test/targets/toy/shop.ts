import { writeFileSync } from 'node:fs'
import { cedar } from '../../../functions/adapters/cedar/compile-cedar.ts'
import { currentSchema, openFolder } from '../../../functions/adapters/policy-folder/compile-folder.ts'
import type { Bundle } from '../../../functions/domain/policy/bundle.ts'
import { Copy } from '../../policies/sample.ts'

const shelf = { type: 'string', maxLength: 16, pattern: '^[a-z]+$' }

/** An action of the shop: with a key of its own, or by one call that Hotwork makes. */
export const entryOf = (name: string, credential: 'key' | 'mediated') => ({
  ...{ name, group: 'release', target: 'shop', title: 'Refill the shelf {arguments.shelf}', credential, mutates: true },
  arguments: { type: 'object', additionalProperties: false, properties: { shelf }, required: ['shelf'] },
  resource: { type: 'toy:shelf', id: '{address}/{arguments.shelf}' },
  narrowable: [],
  undo: { possible: true, how: 'take the toys out' },
  toy: { shelf: '{arguments.shelf}' },
})

/** The sample's folder with a shop and its actions, without cases for them. */
export function compileShop(address: string, spoil: (copy: Copy) => void = () => {}): ReturnType<typeof openFolder> {
  using copy = new Copy()
  copy.editJson('deployment.json', (deployment) => (deployment.targets = { shop: { kind: 'toy', address } }))
  copy.editJson('policies/resources.json', ({ resources }) =>
    resources.push({
      ...{ type: 'toy:shelf', id: `${address}/*` },
      ...{ environment: 'prod', classification: 'internal', group: 'sre' },
    }),
  )
  copy.add('policies/actions/toys.refill.json', JSON.stringify(entryOf('toys:Refill', 'mediated')))
  copy.add('policies/actions/toys.open.json', JSON.stringify(entryOf('toys:Open', 'key')))
  spoil(copy)
  const schema = currentSchema(copy.at('policies'), copy.at('deployment.json'), cedar)
  if ('text' in schema) writeFileSync(schema.file, schema.text)
  return openFolder(copy.at('policies'), copy.at('deployment.json'), cedar)
}

export function bundleOfShop(address: string): Bundle {
  const compiled = compileShop(address)
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.problems))
  return compiled.bundle
}
