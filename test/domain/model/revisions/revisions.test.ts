import { long, rules, search, short, writers } from './search.ts'
import { type Parts, production } from './world.ts'

/**
 * Every short order in which an agent asks and people decide with words to it, over the functions that run in
 * production; and over functions with a seeded mistake, each of which the search must find.
 */
jest.setTimeout(120_000)

const parts = (changes: Partial<Parts>): Parts => ({ ...production, ...changes })
const { decide, mayRevise, termsByWords, toldIn, toldLately, writeTold } = production

const faults: readonly { fault: string; breaks: string; where?: typeof long; seeded: Parts }[] = [
  {
    fault: 'the rule goes by what the agent names',
    breaks: 'REV1',
    seeded: parts({
      termsByWords: (ask, before, entries, now) =>
        ask.revises ? termsByWords(ask, before, entries, now) : { told: [] },
    }),
  },
  {
    fault: 'the writer decides the same action on another resource',
    breaks: 'REV1',
    seeded: parts({
      termsByWords: (ask, { told, requests }, entries, now) => {
        const same = told.filter(({ request }) => request && requests.get(request)?.ask.resource.id === ask.resource.id)
        return termsByWords(ask, { told: same, requests }, entries, now)
      },
    }),
  },
  {
    fault: 'the writer decides any arguments of the same resource',
    breaks: 'REV1',
    seeded: parts({
      termsByWords: (ask, before, entries, now) => {
        const { barred: _, ...terms } = termsByWords(ask, before, entries, now)
        return terms
      },
    }),
  },
  {
    fault: 'the bar is for people alone, and their stand-ins decide',
    breaks: 'REV1',
    seeded: parts({
      decide: (state, command, now) =>
        decide(state, command.type === 'decide' ? { ...command, absent: [] } : command, now),
    }),
  },
  {
    fault: 'the absent person of the writer decides',
    breaks: 'REV1',
    seeded: parts({ toldIn: (events, ask) => toldIn(events, ask, []) }),
  },
  {
    fault: 'a reason with a denial does not count',
    breaks: 'REV1',
    seeded: parts({
      toldIn: (events, ask, absent) =>
        events.some((event) => event.type === 'Decided' && event.verdict === 'deny')
          ? undefined
          : toldIn(events, ask, absent),
    }),
  },
  {
    fault: 'words with an approval do not count',
    breaks: 'REV1',
    seeded: parts({
      toldIn: (events, ask, absent) =>
        events.some((event) => event.type === 'Decided' && event.verdict === 'approve')
          ? undefined
          : toldIn(events, ask, absent),
    }),
  },
  {
    fault: 'a suggestion does not count',
    breaks: 'REV1',
    seeded: parts({
      toldIn: (events, ask, absent) =>
        events.some((event) => event.type === 'Decided' && event.verdict === 'revise')
          ? undefined
          : toldIn(events, ask, absent),
    }),
  },
  {
    fault: 'the newest words replace the earlier ones',
    breaks: 'REV1',
    where: writers,
    seeded: parts({ writeTold: (_, told) => writeTold([], told) }),
  },
  {
    fault: 'an ask does not read what its agent was told about the action',
    breaks: 'REV1',
    seeded: parts({ toldLately: (told, _, now) => toldLately(told, [], now + 3601) }),
  },
  {
    fault: 'a revision is approved by the people of the first request',
    breaks: 'REV2',
    seeded: parts({
      decide: (state, command, now) => {
        if (state || command.type !== 'submit' || !command.ask.revises) return decide(state, command, now)
        const ana = { person: 'person:ana', verdict: 'approve', as: 'owner', at: now } as never
        const inherits = command.stages.map((terms) => ({ terms, decisions: [ana] }))
        return decide(state, { ...command, inherits }, now)
      },
    }),
  },
  {
    fault: 'revisions are not counted',
    breaks: 'REV3',
    where: long,
    seeded: parts({
      termsByWords: (ask, before, entries, now) => {
        const { revision: _, ...terms } = termsByWords(ask, before, entries, now)
        return terms
      },
    }),
  },
  {
    fault: 'a sixth revision is taken',
    breaks: 'REV3',
    where: long,
    seeded: parts({
      mayRevise: (revised, ask, now) => {
        const may = mayRevise(revised, ask, now)
        return !may.ok && may.code === 'too_many_revisions' ? { ok: true, value: true } : may
      },
    }),
  },
  { fault: 'a request is revised twice', breaks: 'REV4', where: long, seeded: parts({ isRevised: () => false }) },
  {
    fault: 'a request is revised that was denied',
    breaks: 'REV4',
    seeded: parts({
      mayRevise: (revised, ask, now) =>
        mayRevise(revised?.status === 'denied' ? { ...revised, outcome: 'revise' } : revised, ask, now),
    }),
  },
  {
    fault: 'a revision is for another resource',
    breaks: 'REV4',
    seeded: parts({
      mayRevise: (revised, ask, now) =>
        mayRevise(revised, { ...ask, resource: revised?.ask.resource ?? ask.resource }, now),
    }),
  },
  {
    fault: 'a request of long ago is revised',
    breaks: 'REV4',
    seeded: parts({
      mayRevise: (revised, ask, now) => mayRevise(revised, ask, revised?.status === 'denied' ? revised.deniedAt : now),
    }),
  },
  {
    fault: 'a request that is sent back goes on',
    breaks: 'REV5',
    seeded: parts({
      decide: (state, command, now) => {
        const { events, ...rest } = decide(state, command, now)
        const isSent = command.type === 'decide' && command.verdict === 'revise'
        return { events: isSent ? events.filter(({ type }) => type !== 'Denied') : events, ...rest }
      },
    }),
  },
  {
    fault: 'one click for several approves what a person told the agent to ask for',
    breaks: 'REV6',
    seeded: parts({
      decide: (state, command, now) => {
        const { burst: _, ...alone } = { burst: undefined, ...command }
        return decide(state, alone as typeof command, now)
      },
    }),
  },
  {
    fault: 'a request is sent back without words',
    breaks: 'REV5',
    seeded: parts({
      decide: (state, command, now) =>
        decide(state, command.type === 'decide' ? { ...command, toAgent: 'none' } : command, now),
    }),
  },
]

const caught: string[] = []
let states = 0

test.each([short, writers, long])('no order of acts breaks a rule of revisions: $name', (scenario) => {
  const { violation, refusals, states: seen } = search(scenario, production)
  expect(violation).toBeUndefined()
  states += seen
  expect([...refusals]).toContain(scenario === long ? 'too_many_revisions' : 'self_approval')
})

test.each(faults)('the search finds the seeded fault: $fault', ({ fault, breaks, where = short, seeded }) => {
  const { violation } = search(where, seeded)
  expect(violation?.rule.id).toBe(breaks)
  if (violation) caught.push(`  ${fault}\n    ${breaks}: ${violation.why}\n    ${violation.trace.join('; ')}`)
})

test('each rule of revisions finds a fault', () => {
  expect(rules.map(({ id }) => id).filter((id) => !faults.some(({ breaks }) => breaks === id))).toEqual([])
})

afterAll(() => {
  process.stdout.write(
    [
      '\nmistakes in revisions, each with a shortest way to see it:',
      ...caught,
      `revisions: ${states} states, ${caught.length} of ${faults.length} seeded faults caught\n\n`,
    ].join('\n'),
  )
})
