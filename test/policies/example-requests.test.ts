import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CedarPolicy } from '../../functions/adapters/cedar/cedar-policy.ts'
import { assess } from '../../functions/domain/policy/assess.ts'
import { EvaluationBody } from '../../functions/domain/requests/evaluation-body.ts'
import { AgentId } from '../../functions/domain/values.ts'
import { deniedHost, sampleBundle } from '../support/world.ts'

/** A tier, or the reason of a refusal by policy. */
type ExampleRow = { name: string; agent: string; outcome: number | string }

/** The table that people read. */
function readExampleTable(path: string): ExampleRow[] {
  const rows = readFileSync(path, 'utf8').matchAll(/^\| `([\w-]+)\.json` *\| `([\w:-]+)` *\| (?:(\d)|`(\w+)`) *\|/gm)
  const outcomeOf = (tier: string | undefined, reason = '') => (tier === undefined ? reason : Number(tier))
  return [...rows].map(([, name = '', agent = '', ...said]) => ({ name, agent, outcome: outcomeOf(said[0], said[1]) }))
}

const folder = join(__dirname, '../../examples/requests')
const table = readExampleTable(join(folder, 'README.md'))
const read = (name: string) => EvaluationBody.parse(JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')))

const bundle = sampleBundle()
const policy = new CedarPolicy(bundle)
// The examples' ARNs are the local stack's.
for (const account of Object.values(bundle.deployment.accounts))
  Object.assign(account, { accountId: '000000000000', region: 'us-east-1', partition: 'aws' })

test('each example has a row in the README, and each row an example', () => {
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'))
  expect(table.map(({ name }) => `${name}.json`).sort()).toEqual(files.sort())
})

test('the examples ask for every action of the catalogue and for every tier', () => {
  const asked = new Set(table.map(({ name }) => read(name).action.name))
  expect([...asked].sort()).toEqual(Object.keys(bundle.actions).sort())
  expect(new Set(table.map(({ outcome }) => outcome))).toEqual(new Set([0, 1, 2, 3, 'policy_denied']))
})

test.each(table)('the example $name is $outcome for $agent', ({ name, agent, outcome }) => {
  const { subject, action, resource, context } = read(name)
  const asked = {
    agent: AgentId.parse(subject.id),
    action: action.name,
    arguments: action.properties,
    resource,
    purpose: context?.purpose ?? '',
    host: deniedHost,
  }
  const assessment = assess(bundle, (question) => policy.ask(question), asked, 1_790_000_000)
  expect(subject.id).toBe(agent)
  expect(assessment.outcome === 'requestable' ? assessment.tier : assessment.reason).toBe(outcome)
})
