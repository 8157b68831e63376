import { CedarPolicy } from '../../../functions/adapters/cedar/cedar-policy.ts'
import type { Bundle } from '../../../functions/domain/policy/bundle.ts'
import type { Question } from '../../../functions/domain/policy/question.ts'
import { loggingErrors } from '../../../functions/handlers/wiring/policy.ts'
import { CurrentPolicy } from '../../../functions/operations/agents/current-policy.ts'
import { revokeRequest } from '../../../functions/operations/requests/end-request.ts'
import { Copy } from '../../policies/sample.ts'
import { madeOnce } from '../../support/made-once.ts'
import { MemoryLog } from '../../support/memory-log.ts'
import { repairPlan } from '../../support/plan.ts'
import { agent, person, prodParameter, sampleBundle, stagingParameter, type What, World } from '../../support/world.ts'
import { Night } from '../break-glass/night.ts'
import { claimedFlag } from '../uses/claimed-flag.ts'

/** An observed policy stands in the entry of an act only where it would have changed the outcome. */

const tried = (id: string, text: string) => `@id("${id}")\n@observe("true")\n${text}\n`

/** The sample with these policies beside its own. */
function bundleWith(name: string, ...policies: readonly string[]): Bundle {
  return madeOnce(`observing-${name}`, () => {
    using copy = new Copy()
    copy.add('policies/tried.cedar', policies.join('\n'))
    const compiled = copy.compile()
    if (!compiled.ok) throw new Error(compiled.problems.map(({ message }) => message).join('\n'))
    return compiled.bundle
  })
}

const action = (name: string) => `action == Hotwork::Action::"${name}"`
const forbid = (name: string, when = '') => `forbid (principal, ${action(name)}, resource)${when};`
const permit = (name: string, when = '') => `permit (principal, ${action(name)}, resource)${when};`
const below = (tier: number) => ` when { context.approval.tier < ${tier} }`

async function observedIn(world: World, chain: string) {
  const entries = await world.ledger.entries(chain)
  return entries.flatMap(({ type, facts }) => ('observed' in facts ? [[type, facts['observed']]] : []))
}

async function submittedUnder(bundle: Bundle, what: What) {
  const world = new World(bundle)
  const request = await world.submitted(what)
  return { world, request, observed: await observedIn(world, request.ask.id) }
}

test('a submission names the tier that it would have needed, and goes to the people of today’s tier', async () => {
  const bundle = bundleWith('floor', tried('tried-floor', forbid('ssm:PutParameter', below(3))))
  const { request, observed } = await submittedUnder(bundle, prodParameter)
  expect(request.tier).toBe(2)
  expect(observed).toEqual([['Submitted', { outcome: 'permitted', tier: 3, policies: ['tried-floor'] }]])
})

test('a submission names each of two policies that would have raised it', async () => {
  const one = tried('tried-one', forbid('ssm:PutParameter', below(1)))
  const two = tried('tried-two', forbid('ssm:PutParameter', below(2)))
  const { request, observed } = await submittedUnder(bundleWith('floors', one, two), stagingParameter)
  expect(request.tier).toBe(0)
  expect(observed[0]).toEqual(['Submitted', { outcome: 'permitted', tier: 2, policies: ['tried-one', 'tried-two'] }])
})

test('a submission names a lower tier, where an observed permit would have been enough', async () => {
  const bundle = bundleWith('permit', tried('tried-permit', permit('ssm:PutParameter')))
  const { request, observed } = await submittedUnder(bundle, prodParameter)
  expect(request.tier).toBe(2)
  expect(observed).toEqual([['Submitted', { outcome: 'permitted', tier: 0, policies: ['tried-permit'] }]])
})

test('a submission says that it would have been refused', async () => {
  const bundle = bundleWith('forbid', tried('tried-forbid', forbid('ssm:PutParameter')))
  const { observed } = await submittedUnder(bundle, prodParameter)
  expect(observed).toEqual([['Submitted', { outcome: 'refused', policies: ['tried-forbid'] }]])
})

test('a submission says nothing where the observed policies change nothing, or are about another action', async () => {
  const bundle = bundleWith(
    'nothing',
    tried('tried-low', forbid('ssm:PutParameter', below(2))),
    tried('tried-other', forbid('flags:set')),
  )
  const { observed } = await submittedUnder(bundle, prodParameter)
  expect(observed).toEqual([])
})

test('a submission that fewer people could decide than it takes counts as refused, by the observed policies', async () => {
  const bundle = bundleWith('people', tried('tried-people', forbid('approve', ' when { context.stage == "sre" }')))
  const { observed } = await submittedUnder(bundle, prodParameter)
  expect(observed).toEqual([['Submitted', { outcome: 'refused', policies: ['tried-people'] }]])
})

test('a submission names an observed policy that could not be evaluated, and goes on without it', async () => {
  const sum = ' when { (context.approval.tier + 9007199254740991) * 9007199254740991 > 0 }'
  const bundle = bundleWith('sum', tried('tried-sum', forbid('ssm:PutParameter', sum)))
  const { request, observed } = await submittedUnder(bundle, prodParameter)
  expect([request.status, request.tier]).toEqual(['pending', 2])
  expect(observed).toEqual([['Submitted', { outcome: 'error', policies: ['tried-sum'] }]])
})

describe('a refusal', () => {
  const foreign: What = { ...prodParameter, agent: agent('assistant') }
  const bundle = () => bundleWith('permit', tried('tried-permit', permit('ssm:PutParameter')))

  test('a refused evaluation says at which tier an observed permit would have let it be asked for', async () => {
    const world = new World(bundle())
    expect(await world.evaluate(foreign)).toMatchObject({ decision: false, reason: 'policy_denied' })
    expect(await observedIn(world, 'agent:assistant')).toEqual([
      ['Refused', { outcome: 'permitted', tier: 3, policies: ['tried-permit'] }],
    ])
  })

  test('a refusal says nothing where it would have been refused all the same', async () => {
    const world = new World(bundleWith('forbid', tried('tried-forbid', forbid('ssm:PutParameter'))))
    await world.evaluate(foreign)
    expect(await observedIn(world, 'agent:assistant')).toEqual([])
  })

  test('a refused decision says that an observed permit would have let this person take it', async () => {
    const lena = ' when { principal == Hotwork::Person::"person:lena" }'
    const world = new World(bundleWith('lena', tried('tried-lena', permit('approve', lena))))
    const request = await world.submitted(prodParameter)
    expect(await world.decide(request, 'lena')).toMatchObject({ code: 'not_eligible' })
    expect(await observedIn(world, request.ask.id)).toEqual([
      ['Refused', { outcome: 'permitted', policies: ['tried-lena'] }],
    ])
  })
})

test('a decision says that this person would not have been permitted it, and counts', async () => {
  const ana = ' when { principal == Hotwork::Person::"person:ana" }'
  const world = new World(bundleWith('ana', tried('tried-ana', forbid('approve', ana))))
  const request = await world.submitted(prodParameter)
  await world.decide(request, 'ana')
  await world.decide(request, 'eve')
  expect((await world.state(request.ask.id)).status).toBe('approved')
  expect(await observedIn(world, request.ask.id)).toEqual([
    ['Decided', { outcome: 'refused', policies: ['tried-ana'] }],
  ])
})

test('a credential and a use say that they would have been refused, and are given', async () => {
  const late = ' when { context.moment != "request" }'
  const world = new World(bundleWith('late', tried('tried-late', forbid('flags:set', late))))
  const { request, begin } = await claimedFlag(world)
  expect(await begin('one')).toMatchObject({ ok: true })
  const refused = { outcome: 'refused', policies: ['tried-late'] }
  expect(await observedIn(world, request.ask.id)).toEqual([
    ['CredentialIntended', refused],
    ['UseBegun', refused],
  ])
})

test('a use after an approver would have lost the right says so', async () => {
  const world = new World(sampleBundle())
  const { request, begin } = await claimedFlag(world)
  const other = new World(bundleWith('owners', tried('tried-owners', forbid('approve'))))
  world.policy = other.policy
  expect(await begin('one')).toMatchObject({ ok: true })
  expect(await observedIn(world, request.ask.id)).toEqual([
    ['UseBegun', { outcome: 'refused', policies: ['tried-owners'] }],
  ])
})

test('a plan says what would have been of the whole, by the policy that bears on one of its steps', async () => {
  const bundle = bundleWith('plan', tried('tried-step', forbid('lambda:UpdateFunctionConfiguration', below(3))))
  const { request, observed } = await submittedUnder(bundle, repairPlan)
  expect(request.tier).toBe(2)
  expect(observed).toEqual([['Submitted', { outcome: 'permitted', tier: 3, policies: ['tried-step'] }]])
})

test('an opening and its review say that they would not have been permitted', async () => {
  const night = new Night(
    bundleWith('night', tried('tried-opening', forbid('breakGlass')), tried('tried-review', forbid('review'))),
  )
  const opening = await night.opened()
  await night.end(opening)
  expect(await night.review(opening, 'gus')).toMatchObject({ ok: true })
  expect(await observedIn(night, opening.ask.id)).toEqual([
    ['BreakGlassOpened', { outcome: 'refused', policies: ['tried-opening'] }],
    ['Reviewed', { outcome: 'refused', policies: ['tried-review'] }],
  ])
})

test('a revocation says that this person would not have been permitted it', async () => {
  const world = new World(bundleWith('revoke', tried('tried-revoke', forbid('revoke'))))
  const { ask } = await world.approved()
  expect(await revokeRequest({ id: ask.id, person: person('gus'), reason: 'no' }, world.ports)).toMatchObject({
    ok: true,
  })
  expect(await observedIn(world, ask.id)).toEqual([['Revoked', { outcome: 'refused', policies: ['tried-revoke'] }]])
})

const asking = (bundle: Bundle) => {
  const cedar = new CedarPolicy(bundle)
  const asked: { counted: Question[]; observed: Question[] } = { counted: [], observed: [] }
  const counting = {
    bundle,
    ask: (question: Question) => {
      asked.counted.push(question)
      return cedar.ask(question)
    },
    observing:
      cedar.observing &&
      ((question: Question) => {
        asked.observed.push(question)
        return cedar.observing?.(question) ?? { permit: false, policies: [] }
      }),
  }
  const world = new World(bundle)
  world.policy = new CurrentPolicy(loggingErrors(counting, new MemoryLog()), world)
  return { world, asked }
}

test('no second question is asked where no observed policy bears on the action, and none by an evaluation', async () => {
  const plain = asking(sampleBundle())
  await plain.world.submitted(prodParameter)
  const other = asking(bundleWith('other', tried('tried-other', forbid('flags:set'))))
  await other.world.submitted(prodParameter)
  expect(other.asked).toEqual(plain.asked)
  const evaluated = asking(bundleWith('floor', tried('tried-floor', forbid('ssm:PutParameter', below(3)))))
  await evaluated.world.evaluate(prodParameter)
  expect([evaluated.asked.observed, evaluated.asked.counted.length > 0]).toEqual([[], true])
})

test('an observed policy is reached through the wrappers that a Lambda puts around the policy', async () => {
  const { world, asked } = asking(bundleWith('floor', tried('tried-floor', forbid('ssm:PutParameter', below(3)))))
  await world.submitted(prodParameter)
  expect(asked.observed.length).toBeGreaterThan(0)
})
