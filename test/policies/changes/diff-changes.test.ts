import * as diff from '../../../policy-tools/verbs/diff.ts'
import { runVerb } from '../run-verb.ts'
import { Copy, sampleDeployment, sampleFolder } from '../sample.ts'

/** `hotwork policy diff` of the people who may ask for changes of the registry of agents, and who decide them. */

type Told = {
  kind: string
  policy?: string
  person?: string
  action: string
  from: string
  to: string
  example?: object
}

async function compared(change: (copy: Copy) => void) {
  using copy = new Copy()
  change(copy)
  const sides = { old: sampleFolder, new: copy.at('policies') }
  const { exit, out } = await runVerb(diff, { ...sides, deployment: sampleDeployment, questions: 60, json: true })
  return { exit, ...(JSON.parse(out) as { widened: Told[]; narrowed: Told[]; cases: unknown[] }) }
}

const edited = (file: string, from: string, to: string) => (copy: Copy) =>
  copy.edit(`policies/${file}`, (text) => {
    if (!text.includes(from)) throw new Error(`${file} has no such text`)
    return text.replace(from, to)
  })
const onAction = (all: readonly Told[], action: string) => all.filter((each) => each.action === action)
const people = (all: readonly Told[]) => [...new Set(all.map(({ person }) => person))].toSorted()

const register = 'hotwork:RegisterAgent'
const asking = (group: string) =>
  edited(
    'registry.cedar',
    `permit (\n  principal,\n  action == Hotwork::Action::"${register}"`,
    `permit (\n  principal in Hotwork::Group::"${group}",\n  action == Hotwork::Action::"${register}"`,
  )

test('fewer people who may ask for an agent are narrower, each with an example', async () => {
  const { exit, widened, narrowed } = await compared(asking('sre'))
  expect([exit, widened]).toEqual([0, []])
  const told = onAction(narrowed, register)
  expect(people(told)).toEqual(expect.arrayContaining(['person:ben', 'person:chloe']))
  // Ana is of sre, and gus may by another policy.
  expect(people(told)).not.toEqual(expect.arrayContaining(['person:ana']))
  expect(people(told)).not.toEqual(expect.arrayContaining(['person:gus']))
  expect(told).toContainEqual({
    ...{ kind: 'newly_refused', file: 'registry.cedar', policy: 'anyone-asks-for-an-agent', person: 'person:ben' },
    ...{ action: register, from: 'tier 1 (owner)', to: 'refused' },
    example: expect.objectContaining({ change: expect.objectContaining({ person: 'person:ben', action: register }) }),
  })
})

test('a lower rung for an agent that works alone is wider, and exits 6', async () => {
  const lower = edited(
    'registry.cedar',
    'context.change.widens) &&\n  context.approval.tier < 2',
    'context.change.widens) &&\n  context.approval.tier < 1',
  )
  const { exit, widened } = await compared(lower)
  expect(exit).toBe(6)
  for (const action of [register, 'hotwork:ChangeAgent'])
    expect(onAction(widened, action)).toContainEqual(
      expect.objectContaining({
        ...{ kind: 'tier_fell', policy: 'an-agent-that-works-alone-needs-two' },
        ...{ from: 'tier 2 (two pairs of eyes)', to: 'tier 1 (owner)' },
        example: expect.objectContaining({ expect: expect.objectContaining({ tier: 1 }) }),
      }),
    )
})

test('other people who decide a registration are wider, by name, with the change that they may decide', async () => {
  const deciding = edited(
    'people.cedar',
    '@id("sre-decides")',
    `@id("on-call-decides-agents")
permit (principal in Hotwork::Group::"on-call", action == Hotwork::Action::"approve", resource)
when { context.stage == "owner" && resource.action == "${register}" };

@id("sre-decides")`,
  )
  const { exit, widened } = await compared(deciding)
  expect([exit, people(widened)]).toEqual([6, ['person:jade', 'person:kofi']])
  expect(widened[0]).toMatchObject({
    ...{ kind: 'person_may', policy: 'on-call-decides-agents', action: 'approve' },
    to: expect.stringMatching(/^may approve at the stage `owner` hotwork:RegisterAgent of agent:\S+, asked by person:/),
  })
})

test('another group that owns the registry is told as the people who may decide, and who no longer may', async () => {
  const rule = /("agent:\*"[^}]*"group": ")security/
  const { widened, narrowed } = await compared((copy) =>
    copy.edit('policies/resources.json', (text) => {
      if (!rule.test(text)) throw new Error('resources.json has no such rule')
      return text.replace(rule, '$1platform')
    }),
  )
  const deciding = (all: readonly Told[]) =>
    people(all.filter(({ to }) => /approve at the stage `owner` hotwork:/.test(to)))
  expect(deciding(widened)).toEqual(['person:lena'])
  expect(deciding(narrowed)).toEqual(['person:gus', 'person:hana', 'person:ivo', 'person:mia'])
})
