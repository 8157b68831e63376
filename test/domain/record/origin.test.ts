import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { mayBeInBulk } from '../../../functions/domain/cards/burst.ts'
import { targetsOf } from '../../../functions/domain/halts/halt.ts'
import { startsRun } from '../../../functions/domain/policy/catalogue.ts'
import type { Command } from '../../../functions/domain/record/commands.ts'
import { evolve } from '../../../functions/domain/record/evolve.ts'
import { type ApprovalRequest, Ask, ownersOf } from '../../../functions/domain/record/request.ts'
import { waitsForTurn } from '../../../functions/domain/requests/advance-plan.ts'
import { decide } from '../../../functions/domain/requests/decide.ts'
import { whyNotExtended } from '../../../functions/domain/requests/extend.ts'
import { startOf, waitOf } from '../../../functions/domain/requests/wait.ts'
import type { Json, StandingPermitId } from '../../../functions/domain/values.ts'
import * as sample from '../../support/ask.ts'
import { expectOne, type Kind } from '../../support/origin.ts'
import { samplePlan, stepAsk } from '../../support/plan.ts'
import { agent, sampleBundle, World } from '../../support/world.ts'
import { planScenarios } from '../model/plans/world.ts'
import { scenarios } from '../model/scenarios.ts'
import { anyWalk, walk } from '../walk.ts'

const kindsOf = (asks: readonly Ask[]): readonly Kind[] => [...new Set(asks.map(expectOne))].sort()

const asksIn = (value: Json): readonly Ask[] =>
  Object.entries(value ?? {}).flatMap(([name, each]) =>
    typeof each !== 'object' ? [] : name === 'ask' ? [Ask.parse(each)] : asksIn(each),
  )

test('every ask in the chains of each version has one origin', () => {
  const folder = join(import.meta.dirname, '../ledger/fixtures')
  const lines = readdirSync(folder).flatMap((name) => readFileSync(join(folder, name), 'utf8').trimEnd().split('\n'))
  expect(kindsOf(lines.flatMap((line) => asksIn(JSON.parse(line))))).toEqual(['agent', 'delegation', 'draw', 'opening'])
})

test('every ask of the model checker and its random walks has one origin', () => {
  const plans = planScenarios.flatMap(({ ask, left }) => [ask, ...(left ? [left] : [])])
  const steps = planScenarios.flatMap(({ ask }) => (ask.steps ?? []).map((_, index) => stepAsk(ask, index + 1, 1)))
  const walked = fc.sample(anyWalk, 200).flatMap((each) => walk(each).states.map(({ ask }) => ask))
  const asked = scenarios.flatMap(({ ask, left = [] }) => [ask, ...left.map((each) => each.ask)])
  expect(kindsOf([...asked, ...plans, ...steps, ...walked])).toEqual([
    'agent',
    'delegation',
    'opening',
    'plan',
    'registry',
    'step',
  ])
})

test('every ask of the example requests has one origin', async () => {
  const sample = sampleBundle()
  const world = new World({
    ...sample,
    deployment: {
      ...sample.deployment,
      accounts: Object.fromEntries(
        Object.entries(sample.deployment.accounts).map(([name, account]) => [
          name,
          { ...account, accountId: '000000000000', region: 'us-east-1', partition: 'aws' },
        ]),
      ),
    },
  })
  const examples = join(import.meta.dirname, '../../../examples')
  const files = readdirSync(join(examples, 'requests')).filter((name) => /^(?!forbidden).*\.json$/.test(name))
  const asked = []
  for (const file of [...files.map((name) => join('requests', name)), 'plan/change.json']) {
    const { subject, action, resource, context } = JSON.parse(readFileSync(join(examples, file), 'utf8'))
    const what = { agent: agent(subject.id.slice('agent:'.length)), action: action.name, arguments: action.properties }
    // A run is asked only with its reading (test/operations/requests/submit-run.test.ts).
    const entry = sample.actions[action.name]
    if (entry && startsRun(entry)) continue
    const { justification, purpose } = context
    // A plan's resource is its task, here INC-1042.
    const about = resource.type === 'plan' ? { ...resource, id: 'INC-1042' } : resource
    const state = await world.submitted({ ...what, resource: about, purpose }, { justification })
    asked.push((await world.stored(state.ask.id)).ask)
  }
  const origins = asked.map(expectOne)
  expect(origins.length).toBeGreaterThan(5)
  expect(origins).toEqual([...origins.slice(1).map(() => 'agent'), 'plan'])
})

const plan = samplePlan()
const parent = sample.requestId(40)
const delegator = {
  id: agent('planner'),
  issuer: 'https://agents.example',
  subject: 'planner',
  owner: sample.person('pia'),
}
const asks: { readonly [kind in Kind]: Ask } = {
  agent: sample.sampleAsk(),
  person: sample.sampleAsk({ askedBy: sample.person('gus') }),
  draw: sample.sampleAsk({ standing: 'stp_00000000000000000000000001' as StandingPermitId }),
  extension: sample.sampleAsk({ extends: parent, approvedBefore: [sample.person('ana')] }),
  delegation: sample.sampleAsk({ chain: [delegator], ancestors: [parent] }),
  step: stepAsk(plan, 1, sample.submittedAt + 3600),
  plan,
  opening: sample.openingAsk(),
  registry: sample.registryAsk(),
}

/** The grant of a request of this origin, which is approved at once. */
function granted(kind: Kind): ApprovalRequest {
  const ask = asks[kind]
  const asked =
    kind === 'opening' ? sample.opening(ask) : sample.submit(ask, 0, kind === 'step' ? { inherits: [] } : {})
  const { events } = decide(undefined, asked, sample.submittedAt)
  const state = events.reduce<ApprovalRequest | undefined>(evolve, undefined) as ApprovalRequest
  return kind === 'step' ? told(state, { type: 'begin_turn', bundle: sample.bundle }).state : state
}

function told(before: ApprovalRequest, command: Command) {
  const { events, refusal } = decide(before, command, sample.submittedAt + 1)
  return { state: events.reduce<ApprovalRequest>(evolve, before), code: refusal?.code }
}

const kinds = Object.keys(asks) as Kind[]

/** The origins whose grant passes a test. */
const where = (is: (state: ApprovalRequest, kind: Kind) => boolean): readonly Kind[] =>
  kinds.filter((kind) => is(granted(kind), kind))

const byAgent = ({ ask }: ApprovalRequest) => ({ agent: ask.agent.id })
const key = ({ ask }: ApprovalRequest) => ({ ...byAgent({ ask } as ApprovalRequest), jkt: ask.jkt ?? ('k' as never) })

test('each sample has its origin', () => {
  expect(kinds.map((kind) => expectOne(asks[kind]))).toEqual(kinds)
})

test('an act is claimed, and so is an opening, but no plan and no change of the registry', () => {
  const claims = where((state) => {
    const command = { ...sample.intent('access_token', sample.credentialId(1)), ...key(state) }
    return told(state, command).code !== 'wrong_credential_kind'
  })
  expect(claims).toEqual(kinds.filter((kind) => kind !== 'plan' && kind !== 'registry'))
})

test('a plan waits for its steps, and an opening for its end', () => {
  expect(kinds.map((kind) => [waitOf(granted(kind)), startOf(granted(kind))?.wait]).map(String)).toEqual([
    ...Array.from({ length: 6 }, () => 'Close,'),
    'AwaitStep,AwaitStep',
    'AwaitEnd,AwaitEnd',
    'Close,',
  ])
})

test('no person is asked about a request that was approved before', () => {
  const asked = kinds.filter((kind) => {
    if (kind === 'opening') return false
    const inherits = ['step', 'delegation', 'draw'].includes(kind) ? { inherits: [] } : {}
    const { events } = decide(undefined, sample.submit(asks[kind], 1, inherits), sample.submittedAt)
    const state = events.reduce<ApprovalRequest | undefined>(evolve, undefined) as ApprovalRequest
    return startOf({ ...state, stages: [{ terms: { name: 'owner' } as never, decisions: [] }] })?.wait === 'Tier1 owner'
  })
  expect(asked).toEqual(['agent', 'person', 'extension', 'plan', 'registry'])
})

test('a plan, an opening and a draw are not delegated', () => {
  const gives = where((state) => {
    return told(state, { ...sample.delegation(51), ...key(state) }).code !== 'not_permitted'
  })
  expect(gives).toEqual(['agent', 'person', 'extension', 'delegation', 'step'])
})

test('the time of an own act is extended once', () => {
  const claimed = (state: ApprovalRequest) =>
    ({
      ...state,
      grant: { ...('grant' in state ? state.grant : {}), claimedAt: sample.submittedAt },
    }) as ApprovalRequest
  expect(where((state) => whyNotExtended(claimed(state), 60) === undefined)).toEqual(['agent', 'person', 'draw'])
})

test('a request is decided with others by one click, except a plan and what a person asked', () => {
  const alone: readonly Kind[] = ['plan', 'person', 'registry']
  expect(where(mayBeInBulk)).toEqual(kinds.filter((kind) => !alone.includes(kind)))
})

test('a halt of its environment ends an act alone', () => {
  const stopped = where((state) => targetsOf(state, undefined).some(({ kind }) => kind === 'environment'))
  const others: readonly Kind[] = ['plan', 'opening', 'registry']
  expect(stopped).toEqual(kinds.filter((kind) => !others.includes(kind)))
})

test('the person who asked is stopped with it, and decides none of it', () => {
  const { ask } = granted('person')
  expect(targetsOf(granted('person'), undefined)).toContainEqual({ kind: 'person', value: 'person:gus' })
  expect(ownersOf({ ask })).toContain('person:gus')
  expect(targetsOf(granted('opening'), undefined)).toContainEqual({ kind: 'person', value: 'person:jade' })
})

test('a step alone waits for its turn', () => {
  const { events } = decide(undefined, sample.submit(asks.step, 0, { inherits: [] }), sample.submittedAt)
  expect(waitsForTurn(events.reduce<ApprovalRequest | undefined>(evolve, undefined) as ApprovalRequest)).toBe(true)
  expect(granted('step').status).toBe('approved')
})

test('an opening is claimed again and again inside its window', () => {
  const state = granted('opening')
  const first = told(state, { ...sample.intent('access_token', sample.credentialId(1)), ...key(state) }).state
  const issued = told(first, { ...sample.issuance('access_token', sample.credentialId(1)), ...byAgent(state) }).state
  expect(issued).toMatchObject({ grant: { notAfter: sample.submittedAt + 1800 } })
})
