// Rules: test/targets/aws/models/models.test.ts
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { modelIn, modelOf, prefixOf } from '../../functions/targets/aws/models/models.ts'
import type { HostRead } from '../../functions/targets/aws/ports.ts'

/**
 * `node tools/aws-models/make.ts FOLDER`: writes the models of the clients that are installed in a folder. The clients are installed there by npm: none of them is a dependency.
 */
const out = join(import.meta.dirname, '../../functions/targets/aws/models')

/** The reads of hosts, which look-at-hosts makes: these models are in its bundle. */
export const hostReads = [
  'codebuild:BatchGetProjects',
  'ecs:DescribeServices',
  'ecs:DescribeTaskDefinition',
  'eks:DescribeCluster',
  'eks:DescribePodIdentityAssociation',
  'eks:ListPodIdentityAssociations',
  'lambda:GetFunctionConfiguration',
  'scheduler:GetSchedule',
  'secretsmanager:ListSecrets',
  'ssm:DescribeParameters',
  'states:DescribeStateMachine',
] as const satisfies readonly HostRead[]

/** One line a service, for a difference that people can read. */
const write = (file: string, content: { readonly [name: string]: unknown }) => {
  const lines = Object.entries(content).sort(([one], [other]) => (one < other ? -1 : 1))
  const text = lines.map(([name, value]) => `  ${JSON.stringify(name)}: ${JSON.stringify(value)}`).join(',\n')
  writeFileSync(join(out, file), `{\n${text}\n}\n`)
}

if (import.meta.main) {
  const [folder = '.'] = process.argv.slice(2)
  const clients = readdirSync(join(folder, 'node_modules/@aws-sdk')).filter((name) => name.startsWith('client-'))
  const models = clients.map((name) => [prefixOf(name), modelIn(`@aws-sdk/${name}`, folder)] as const)
  write('models.json', Object.fromEntries(models.filter(([, model]) => model?.operations.length)))
  write('../hosts/models.json', Object.fromEntries(hostReads.map((action) => [action, modelOf(action, [])])))
}
