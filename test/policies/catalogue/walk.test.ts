import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as draft from '../../../policy-tools/verbs/catalogue/draft.ts'
import * as policyCheck from '../../../policy-tools/verbs/check.ts'
import * as plan from '../../../policy-tools/verbs/plan.ts'
import { runVerb } from '../run-verb.ts'
import { Copy } from '../sample.ts'

/** The section *Add an action* of docs/policies.md, done as it is written. */

const page = readFileSync(join(__dirname, '../../../docs/policies.md'), 'utf8')
const section = page.slice(page.indexOf('## Add an action'), page.indexOf('## Windows and freezes'))
const [rule, cases, ask] = [...section.matchAll(/```json\n([\s\S]*?)```/g)].map(([, text = '']) => JSON.parse(text))
const said = (form: RegExp): string => form.exec(section)?.[1] ?? ''

test('a new user adds an action that the library does not have, and it needs tier 2', async () => {
  using copy = new Copy()
  const policies = copy.at('policies')
  const action = said(/catalogue draft (\S+)/)
  const file = said(/Write into `my-(policies\/actions\/[^`]+)`/)
  await runVerb(draft, { action, policies, account: 'target', json: true })
  copy.editJson(file, (entry) => {
    entry.group = said(/`group` is `([^`]+)`/)
    entry.undo = { possible: said(/`undo.possible` is `(\w+)`/) === 'true', how: said(/`undo.how` is `([^`]+)`/) }
    entry.arguments.properties.InstanceId.pattern = said(/pattern of `InstanceId` to `([^`]+)`/)
  })
  copy.editJson('policies/resources.json', ({ resources }) => resources.push(rule))
  copy.add('policies/cases/instances.json', JSON.stringify(cases))
  writeFileSync(copy.at('stop.json'), JSON.stringify(ask))

  const deployment = copy.at('deployment.json')
  const checked = await runVerb(policyCheck, { folder: policies, deployment, writeSchema: true, json: true })
  expect([checked.exit, JSON.parse(checked.out)]).toEqual([0, expect.objectContaining({ ok: true })])
  const planned = await runVerb(plan, {
    file: copy.at('stop.json'),
    policies,
    deployment,
    recent: 0,
    host: 'denied' as const,
    json: true,
  })
  expect(JSON.parse(planned.out)).toMatchObject({ outcome: 'requestable', tier: 2 })
})
