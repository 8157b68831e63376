import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cedar } from '../../../functions/adapters/cedar/compile-cedar.ts'
import { currentSchema } from '../../../functions/adapters/policy-folder/compile-folder.ts'
import { formatProblem } from '../../../functions/adapters/policy-folder/json-document.ts'
import type { Bundle } from '../../../functions/domain/policy/bundle.ts'
import { Copy } from '../../policies/sample.ts'
import { madeOnce } from '../../support/made-once.ts'

const own = join(__dirname, '../policies')
const read = (file: string) => readFileSync(join(own, file), 'utf8')

/** The sample organisation, with the tools of the tested MCP servers in its catalogue. */
export const serversBundle = (): Bundle =>
  madeOnce('servers-bundle', () => {
    using copy = new Copy()
    for (const file of readdirSync(join(own, 'actions')))
      copy.add(`policies/actions/${file}`, read(join('actions', file)))
    copy.add('policies/cases/servers.json', read('cases.json'))
    copy.editJson('policies/tools.json', ({ tools }) => tools.push(...JSON.parse(read('tools.json')).tools))
    copy.editJson('policies/resources.json', ({ resources }) =>
      resources.push(...JSON.parse(read('resources.json')).resources),
    )
    copy.editJson('deployment.json', ({ tools }) => {
      tools['servers-gate'] = { audience: 'https://servers.example.org', addresses: ['https://servers.example.org'] }
    })
    const schema = currentSchema(copy.at('policies'), copy.at('deployment.json'), cedar)
    if (Array.isArray(schema)) throw new Error(schema.map(formatProblem).join('\n'))
    writeFileSync(schema.file, schema.text)
    const compiled = copy.compile()
    if (!compiled.ok) throw new Error(compiled.problems.map(formatProblem).join('\n'))
    return compiled.bundle
  })
