import { afterDeployment, Parties } from '../../../functions/domain/agents/after-deployment.ts'
import { type GovernedRegistry, nothingGoverned } from '../../../functions/domain/agents/governed-registry.ts'
import type { Agent, Identity } from '../../../functions/domain/people/organisation.ts'
import type { Bundle } from '../../../functions/domain/policy/bundle.ts'
import { agent, sampleBundle, start } from '../../support/world.ts'

const files = sampleBundle()
const year = 365 * 86_400
const [builder] = files.agents as [Agent]
const [its] = builder.identities as [Identity]
const governed = (changes: Partial<GovernedRegistry> = {}): GovernedRegistry => ({ ...nothingGoverned, ...changes })
const after = (before: Bundle, next: Bundle, registry = governed(), now = start) =>
  afterDeployment(before, next, registry, now)
const withIdentities = (identities: readonly Identity[]): Bundle => ({
  ...files,
  agents: files.agents.map((each) => (each.id === builder.id ? { ...each, identities: [...identities] } : each)),
})
const without: Bundle = { ...files, agents: files.agents.filter(({ id }) => id !== builder.id) }

test('a deployment that takes no identity from a party changes nothing', () => {
  expect(after(files, files)).toBeUndefined()
  expect(after(files, withIdentities([its, { ...its, subject: 'one-more' }]))).toBeUndefined()
  expect(after(files, withIdentities([{ ...its, validUntil: start + 5 }]))).toBeUndefined()
})

test('an agent that the folder no longer names, and an identity that it no longer has, are remembered for a year', () => {
  const former = [{ agent: builder.id, identity: its, until: start + year }]
  expect(after(files, without)).toEqual(governed({ version: 1, former }))
  expect(after(files, withIdentities([{ ...its, subject: 'other' }]))).toEqual(governed({ version: 1, former }))
})

test('the identities of a tool and of a person are remembered too', () => {
  const tool = files.tools.find(({ identities }) => identities.length > 0)
  const [person] = files.directory.people
  const next: Bundle = {
    ...files,
    tools: files.tools.filter((each) => each !== tool),
    directory: { ...files.directory, people: files.directory.people.filter((each) => each !== person) },
  }
  expect(after(files, next)?.former.map((each) => each.agent)).toEqual([person?.id, tool?.id])
})

test('a year counts from the end of an identity, or from the retirement of its agent', () => {
  const ended = withIdentities([{ ...its, validUntil: start - 10 }])
  expect(after(ended, without)?.former).toMatchObject([{ until: start - 10 + year }])
  const retired = governed({ version: 4, retired: [{ id: builder.id, at: start - 20 }] })
  expect(after(files, without, retired)).toMatchObject({ version: 5, former: [{ until: start - 20 + year }] })
  expect(after(withIdentities([{ ...its, validUntil: start - year }]), without)).toBeUndefined()
})

test('a second look at the same deployment adds nothing, and what is over is forgotten', () => {
  const once = after(files, without) as GovernedRegistry
  expect(after(files, without, once, start + 9)).toBeUndefined()
  expect(after(without, without, once, start + year)).toMatchObject({ version: 2, former: [] })
})

test('an agent of the registry that the folder names is the folder’s, and comes back by no later deployment', () => {
  const fresh: Agent = { ...builder, id: agent('fresh'), identities: [{ ...its, subject: 'fresh' }] }
  const registry = governed({ version: 2, agents: [fresh] })
  const moved = { ...fresh, identities: [{ ...its, subject: 'moved' }] }
  const next = after(files, { ...files, agents: [...files.agents, moved] }, registry)
  expect(next).toMatchObject({ version: 3, agents: [], former: [{ agent: fresh.id, identity: { subject: 'fresh' } }] })
})

test('a retired agent of the registry stays there, though the folder names it', () => {
  const gone: Agent = { ...builder, id: agent('gone'), status: 'retired', identities: [{ ...its, subject: 'gone' }] }
  const registry = governed({ version: 2, agents: [gone] })
  expect(after(files, { ...files, agents: [...files.agents, { ...gone, status: 'active' }] }, registry)).toBeUndefined()
})

test('the parties of a bundle are read by what they need, also of another version', () => {
  const { id, identities } = builder
  const kept = { agents: [{ id, identities, of: 'another version' }], tools: [], directory: { people: [] }, more: 1 }
  expect(Parties.parse(kept).agents).toEqual([{ id, identities }])
  expect(Parties.safeParse({ agents: [] }).success).toBe(false)
})

test('an identity whose end a deployment moves into the past, or that is lost again, is remembered for a year from then', () => {
  const ended = withIdentities([{ ...its, validUntil: start - year }])
  expect(after(files, ended)?.former).toEqual([{ agent: builder.id, identity: its, until: start + year }])
  const once = { agent: builder.id, identity: its, until: start + 30 * 86_400 }
  expect(after(files, without, governed({ version: 1, former: [once] }))?.former).toEqual([
    once,
    { ...once, until: start + year },
  ])
})
