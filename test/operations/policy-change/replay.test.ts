import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { eventTypes } from '../../../functions/domain/ledger/any-event.ts'
import { type Entry, entryVersion } from '../../../functions/domain/ledger/ledger.ts'
import { type Bundle, hashOfBundle } from '../../../functions/domain/policy/bundle.ts'
import { CurrentPolicy } from '../../../functions/operations/agents/current-policy.ts'
import { describeReplay } from '../../../policy-tools/verbs/replay-report.ts'
import { askedOnBehalf } from '../../support/asked-on-behalf.ts'
import { withGroups, withPerson } from '../../support/bundles.ts'
import { askedOnce } from '../../support/policies/asked-once.ts'
import { reporter } from '../../support/registry-world.ts'
import { agent, parameter, person, prodParameter, withTerms } from '../../support/world.ts'
import { bundle, RecordedLife, replayed, replayedUnder } from './recorded-life.ts'

/** Every recorded question asked again, under the policies that decided it and under others. */

let life: RecordedLife
let entries: readonly Entry[]
beforeAll(async () => {
  life = new RecordedLife()
  await life.live()
  entries = await life.entries()
})

/** The bundle with one policy of an action in other words. */
function reworded(action: string, policy: string, from: string, to: string): Bundle {
  const text = bundle.policies[action]?.[policy] ?? ''
  if (!text.includes(from)) throw new Error(`\`${policy}\` has no ${from}`)
  const own = { ...bundle.policies[action], [policy]: text.replace(from, to) }
  return { ...bundle, policies: { ...bundle.policies, [action]: own } }
}
const away = (who: string) => withPerson(person(who), { status: 'inactive' }, bundle)
const sre = (more: string) => withGroups({ sre: [...(bundle.directory.groups['sre'] ?? []), person(more)] }, bundle)

/** Prod takes tier 3, which takes any reason and any task: what was approved below it has neither on record. */
function higher(): Bundle {
  const { ladder, ...of } = reworded('ssm:PutParameter', 'prod-remediation', 'tier >= 2', 'tier >= 3')
  const tiers = ladder.tiers.map(({ justification: _, parentTask: __, ...terms }) => terms)
  return { ...of, ladder: { ...ladder, tiers } }
}

/** One prod parameter, approved by ana and eve, and its token. */
async function approvedOnce(): Promise<readonly Entry[]> {
  const one = new RecordedLife()
  const request = await one.done(one.submitted(prodParameter, { justification: 'checkout times out, says INC-1042' }))
  for (const who of ['ana', 'eve']) await one.done(one.decide(request, who))
  await one.done(one.issueToken(request))
  return one.entries()
}

describe('the policies that decided', () => {
  test('a replay under the policies that decided decides nothing otherwise', () => {
    const { widened, narrowed, approvals, unreadable, broken } = replayed(entries)
    expect({ widened, narrowed, approvals, unreadable, broken }).toEqual({
      widened: [],
      narrowed: [],
      approvals: [],
      unreadable: { newer: 0, others: 0 },
      broken: [],
    })
  })

  const asked = [
    ...['Submitted', 'Decided', 'Narrowed', 'StateChanged', 'Approved', 'Denied', 'CredentialIntended', 'UseBegun'],
    ...['Delegated', 'Revoked', 'BreakGlassOpened', 'Reviewed', 'Refused', 'Halted', 'Lifted', 'Erased'],
    ...[
      'Recertified',
      'Retired',
      'Completed',
      'StandInGiven',
      'StandInEnded',
      'PermitGiven',
      'PermitRevoked',
      'Vouched',
    ],
  ]
  /** Questions answered by time, by an earlier answer, or by rules that no policy lifts. */
  const notAsked = [
    ...[
      'StageOpened',
      'StageEscalated',
      'ApprovalDropped',
      'Commented',
      'Asked',
      'Answered',
      'ColleagueAsked',
      'Withdrawn',
      'KeyBound',
      'Expired',
      'TransferAccepted',
    ],
    ...['CredentialIssued', 'CredentialRevoked', 'UseEnded', 'UseReturned', 'StepOpened', 'StepEnded', 'CallsCompared'],
    ...['RunStarted', 'RunEnded'],
    ...['ReviewDue', 'ReviewOverdue', 'PermitDrawn', 'Linked', 'Unlinked'],
    ...['Suspended', 'Registered', 'RegistrationChanged', 'Unregistered', 'UnknownCaller'],
    ...['StreamRegistered', 'StreamChanged', 'StreamRemoved'],
  ]

  test('the replayed record has every kind of entry that policy was asked about', () => {
    const types = new Set(entries.map(({ type }) => type))
    expect(asked.filter((type) => !types.has(type))).toEqual([])
  })

  test('each kind of entry is one that policy was asked about, or one that it was not', () => {
    expect([...eventTypes].toSorted()).toEqual([...asked, ...notAsked].toSorted())
  })

  test('the dates of the files do not count: people who acted had been recertified then', () => {
    const past = { ...bundle, agents: bundle.agents.map((each) => ({ ...each, recertifyBy: 1 })) }
    expect(replayed(entries, past)).toEqual(replayed(entries))
  })

  test('a deployment without accounts has those of the record', () => {
    const accounts = Object.fromEntries(
      Object.entries(bundle.deployment.accounts).map(([alias, account]) => [
        alias,
        { ...account, region: 'eu-north-1', accountId: '123456789012' },
      ]),
    )
    const madeUp = { ...bundle, deployment: { ...bundle.deployment, accounts } }
    expect(replayed(entries, madeUp).narrowed).not.toEqual([])
    expect(replayed(entries, madeUp, { accountsFromRecord: true })).toEqual(replayed(entries))
  })
})

describe('two bundles', () => {
  const loose = reworded('ssm:PutParameter', 'prod-remediation', 'tier >= 2', 'tier >= 1')
  const lower = { ...loose, hash: hashOfBundle('lower') }
  const byHash: { [hash: string]: Bundle } = { [bundle.hash]: bundle, [lower.hash]: lower }
  /** One request under each of two deployments. */
  async function twoDeployments(): Promise<readonly Entry[]> {
    const one = new RecordedLife()
    const before = await one.done(one.submitted(prodParameter))
    one.policy = new CurrentPolicy(askedOnce(lower), one)
    const after = await one.done(one.submitted(parameter('/prod/checkout/size')))
    for (const request of [before, after]) await one.done(one.decide(request, 'ana'))
    await one.done(one.decide(before, 'eve'))
    return one.entries()
  }

  test('a replay of each entry under its own bundle decides nothing otherwise, though either alone would', async () => {
    const two = await twoDeployments()
    const { questions, widened, narrowed, approvals, notAsked } = replayedUnder(two, (hash) => byHash[hash])
    expect({ widened, narrowed, approvals, notAsked }).toEqual({
      widened: [],
      narrowed: [],
      approvals: [],
      notAsked: {},
    })
    expect(questions).toBe(7)
    expect(replayed(two, lower).widened).not.toEqual([])
    expect(replayed(two, bundle).narrowed).not.toEqual([])
  })

  test('a decision under a bundle that is not kept is counted and not asked, and its consequences are asked', async () => {
    const two = await twoDeployments()
    const { questions, notAsked, narrowed } = replayedUnder(two, (hash) => (hash === lower.hash ? lower : undefined))
    expect({ notAsked, narrowed, questions }).toEqual({ notAsked: { notKept: 1 }, narrowed: [], questions: 6 })
  })
})

test('a widening is told by action, agent and policy, with how often and in which requests', async () => {
  const lower = reworded('ssm:PutParameter', 'prod-remediation', 'tier >= 2', 'tier >= 1')
  const { widened, narrowed, approvals } = replayed(await approvedOnce(), lower)
  expect(widened).toEqual([
    {
      question: 'request',
      action: 'ssm:PutParameter',
      agent: 'agent:remediator',
      from: 'tier 2',
      to: 'tier 1',
      policies: ['prod-remediation'],
      before: ['prod-remediation'],
      count: 1,
      examples: [expect.stringMatching(/^req_/)],
    },
  ])
  expect({ narrowed, approvals }).toEqual({ narrowed: [], approvals: [] })
})

test('a widening lets a person decide who was refused', async () => {
  const one = new RecordedLife()
  const request = await one.submitted(prodParameter)
  await one.decide(request, 'ana')
  expect(await one.decide(request, 'lena')).toMatchObject({ code: 'not_eligible' })
  const { widened } = replayed(await one.entries(), sre('lena'))
  expect(widened).toMatchObject([{ question: 'approve', person: 'person:lena', from: 'refused', to: 'permitted' }])
  expect(replayed(await one.entries()).widened).toEqual([])
})

test('a widening lets a person stop agents, end what another asked for, or review, who was refused', () => {
  const groups = {
    ...bundle.directory.groups,
    security: [...(bundle.directory.groups['security'] ?? []), person('lena')],
  }
  const { widened } = replayed(entries, { ...bundle, directory: { ...bundle.directory, groups } })
  expect(widened.map(({ question, person: who }) => [question, who]).toSorted()).toEqual([
    ['halt', 'person:lena'],
    ['review', 'person:lena'],
    ['revoke', 'person:lena'],
  ])
})

test('a narrowing tells which recorded approvals would not have been enough, and asks nothing that rests on them', async () => {
  const { widened, narrowed, approvals, notAsked } = replayed(await approvedOnce(), higher())
  expect(widened).toEqual([])
  expect(narrowed).toMatchObject([{ question: 'request', from: 'tier 2', to: 'tier 3', policies: [] }])
  expect(approvals).toMatchObject([{ tier: 2, needs: 3, satisfies: 2, agent: 'agent:remediator' }])
  expect(approvals[0]?.why).toEqual([
    'the tier rises from 2 to 3',
    expect.stringMatching(/^`security` needs 2, and 0 of the recorded approvals count for it$/),
  ])
  expect(notAsked).toEqual({ neverCame: 1 })
})

test.each([
  ['a person who left', away('eve'), '`person:eve` may no longer decide `sre`'],
  [
    'a higher quorum',
    withTerms(bundle, 'sre', { quorum: 2 }),
    '`sre` needs 2, and 1 of the recorded approvals count for it',
  ],
  [
    'a stronger login',
    withTerms(bundle, 'sre', { acr: 'strong' }),
    'the decision of `person:eve` does not meet `sre`: insufficient_login',
  ],
])('a replay says of %s why the approvals are too few', async (_, under, why) => {
  const { approvals } = replayed(await approvedOnce(), under)
  expect(approvals).toMatchObject([{ tier: 2, needs: 2, why: expect.arrayContaining([why]) }])
})

test('a replay says of a person who left that they may decide nothing, and why', async () => {
  const { narrowed } = replayed(await approvedOnce(), away('eve'))
  expect(narrowed).toMatchObject([
    {
      question: 'approve',
      person: 'person:eve',
      stage: 'sre',
      to: 'refused',
      detail: '`person:eve` is not an active person of the directory',
    },
  ])
})

test.each([
  ['an action that is no more', { ...bundle, actions: {} }, 'refused (unknown_action)'],
  [
    'an agent that left',
    { ...bundle, agents: bundle.agents.filter(({ id }) => id !== agent('remediator')) },
    'refused (policy_denied)',
  ],
  ['a resource that no rule knows', { ...bundle, resources: [] }, 'refused (policy_denied)'],
])('a narrowing of %s is a refusal, and no fault', async (_, under: Bundle, to) => {
  const { narrowed } = replayed(await approvedOnce(), under)
  expect(narrowed).toMatchObject([{ question: 'request', from: 'tier 2', to }])
})

test('a narrowing is told apart by what a policy about people reads of one request alone', async () => {
  const under = reworded('approve', 'sre-decides', '"sre" }', '"sre" && resource.resourceId like "*/size" }')
  const one = new RecordedLife()
  for (const name of ['/prod/checkout/size', '/prod/checkout/color']) await one.done(one.approved(parameter(name)))
  const { narrowed } = replayed(await one.entries(), under)
  expect(narrowed).toMatchObject([{ question: 'request', to: 'refused (no_eligible_approvers)', count: 1 }])
})

test('a narrowing is asked of a step when its plan is: a planner that may no longer propose', () => {
  const under = reworded('ssm:PutParameter', 'planners-propose', '"orchestrator"', '"autonomous"')
  const { narrowed } = replayed(entries, under)
  expect(narrowed).toMatchObject([{ question: 'request', action: 'plan', agent: 'agent:planner' }])
})

const onBehalf = async () => {
  const one = new RecordedLife()
  await one.done(askedOnBehalf(one, parameter('/prod/checkout/height')))
  return one.entries()
}

test('a request on behalf of an agent is answered under the same policies as it was', async () => {
  const { widened, narrowed, questions } = replayed(await onBehalf())
  expect({ widened, narrowed, questions }).toEqual({ widened: [], narrowed: [], questions: 1 })
})

test.each<[string, Bundle]>([
  ['policy lets no person ask', { ...bundle, policies: { ...bundle.policies, ask: {} } }],
  [
    'they answer for the agent no longer',
    { ...bundle, agents: bundle.agents.map((each) => ({ ...each, owner: person('mia') })) },
  ],
])('a request on behalf of an agent is refused where %s, and told as the person’s question', async (_, under) => {
  const { narrowed } = replayed(await onBehalf(), under)
  expect(narrowed).toMatchObject([{ question: 'ask', agent: 'agent:remediator', from: 'permitted', count: 1 }])
})

describe('a change of the registry', () => {
  const made = async (by: readonly string[] = ['gus']) => {
    const one = new RecordedLife()
    await one.changed('eve', 'RegisterAgent', reporter, by)
    return one.entries()
  }
  const about = { action: 'hotwork:RegisterAgent', person: 'person:eve' }

  test('it is asked about when it is asked for, decided, approved and made', async () => {
    const { questions, widened, narrowed, notAsked } = replayed(await made())
    expect({ questions, widened, narrowed, notAsked }).toEqual({
      questions: 4,
      widened: [],
      narrowed: [],
      notAsked: {},
    })
  })

  test('it is told where these policies refuse it, and what came of it is not asked', async () => {
    const under = reworded(about.action, 'anyone-asks-for-an-agent', 'tier >= 1', 'tier >= 9')
    const { narrowed, notAsked } = replayed(await made(), under)
    expect(narrowed).toMatchObject([{ ...about, question: 'request', from: 'tier 1', to: 'refused (policy_denied)' }])
    expect(notAsked).toEqual({ neverCame: 3 })
  })

  test('it is told where these policies want more people, and whose approvals were too few', async () => {
    const under = reworded(about.action, 'anyone-asks-for-an-agent', 'tier >= 1', 'tier >= 2')
    const { narrowed, approvals } = replayed(await made(), under)
    expect(narrowed).toMatchObject([{ ...about, from: 'tier 1', to: 'tier 2' }])
    expect(approvals).toMatchObject([{ tier: 1, needs: 2, action: about.action }])
  })

  test('it is told that other people decide it: a person who was refused, and one who no longer may', async () => {
    const other = withGroups({ security: [person('lena'), person('mia')] }, bundle)
    const { widened, narrowed, approvals } = replayed(await made(['lena', 'gus']), other)
    expect(widened).toMatchObject([{ question: 'approve', person: 'person:lena', from: 'refused', to: 'permitted' }])
    expect(narrowed).toMatchObject([{ question: 'approve', person: 'person:gus', to: 'refused' }])
    expect(approvals).toMatchObject([{ why: expect.arrayContaining(['`person:gus` may no longer decide `owner`']) }])
  })
})

test('refusals whose arguments are not kept are counted, and not asked', async () => {
  const one = new RecordedLife()
  for (let n = 0; n < 3; n++) await one.done(one.evaluate({ ...parameter('/prod/x'), agent: agent('planner') }))
  expect(replayed(await one.entries()).notAsked).toEqual({ noArguments: 1 })
})

test('requests whose first entries are missing in the ledger are counted, and not asked', async () => {
  const [, ...rest] = (await approvedOnce()).filter(({ id }) => id.startsWith('req_'))
  const { notAsked, questions } = replayed(rest)
  expect({ notAsked, questions }).toEqual({ notAsked: { begunBefore: 4 }, questions: 0 })
})

test('requests of which an export left out entries are counted, and not asked', async () => {
  const some = (await approvedOnce()).filter(({ type }) => type !== 'StageOpened')
  expect(replayed(some)).toMatchObject({ questions: 1, notAsked: { begunBefore: 4 } })
})

test('decisions by people who may have been in a group with a source are counted, and not asked', async () => {
  const source = { source: { pager: { schedule: 'PSRE', level: 1 } }, tiers: 3, breakGlass: false }
  const { sre: _, ...groups } = bundle.directory.groups
  const sources = { ...bundle.directory.sources, sre: source }
  const under: Bundle = { ...bundle, directory: { ...bundle.directory, groups: { ...groups, sre: [] }, sources } }
  const { notAsked, narrowed, approvals } = replayed(await approvedOnce(), under)
  expect({ notAsked, narrowed, approvals }).toEqual({ notAsked: { groupsOfSources: 3 }, narrowed: [], approvals: [] })
})

test('entries of a newer version are told and left out', async () => {
  const all = (await approvedOnce()).map((each) =>
    each.type === 'Approved' ? { ...each, v: entryVersion + 1, facts: { new: true } } : each,
  )
  const newer = all.find(({ type }) => type === 'Approved')
  expect(replayed(all)).toMatchObject({
    unreadable: { newer: 1, others: 0, first: newer?.id },
    notAsked: { begunBefore: 1 },
  })
})

test('a changed record is told and asked all the same', async () => {
  const all = (await approvedOnce()).map((each) => (each.type === 'Approved' ? { ...each, policies: ['mine'] } : each))
  const { broken, questions } = replayed(all)
  expect({ broken, questions }).toEqual({ broken: [all[0]?.id.split('/')[0]], questions: 5 })
})

test.each([1, 2])('entries of version %i are asked as today’s are', (version) => {
  const chains = readFileSync(join(import.meta.dirname, `../../domain/ledger/fixtures/v${version}.ndjson`), 'utf8')
  const all: Entry[] = chains
    .trimEnd()
    .split('\n')
    .flatMap((line) => JSON.parse(line).entries)
  const { questions, unreadable, broken } = replayed(all.toSorted((one, other) => (one.at < other.at ? -1 : 1)))
  expect({ unreadable, broken }).toEqual({ unreadable: { newer: 0, others: 0 }, broken: [] })
  expect(questions).toBeGreaterThan(18)
})

test('a report says what came of it, by which policy, and what was not asked', async () => {
  const all = await approvedOnce()
  const id = all[0]?.id.split('/')[0]
  const what = 'agent:remediator ssm:PutParameter'
  expect(describeReplay(replayed(all, higher())).split('\n')).toEqual([
    '4 questions of 1 request, 2027-01-15T08:00:00Z to 2027-01-15T08:03:00Z: 2 would be answered otherwise',
    '',
    'Narrower: more scrutiny than recorded, or a no that was a yes',
    `  request ${what}: tier 2 -> tier 3 (no policy permits it at a lower one; then by prod-remediation), once: ${id}`,
    '',
    'Recorded approvals that would not have been enough',
    `  ${id} ${what}: approved at tier 2, needs 3, satisfies 2: the tier rises from 2 to 3; \`security\` needs 2, and 0 of the recorded approvals count for it`,
    '',
    'Not asked',
    '  1: these policies refuse the acts before them, so they would not have occurred',
    '',
  ])
})
