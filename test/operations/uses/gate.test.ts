import type { ToolId, UseId } from '../../../functions/domain/values.ts'
import { completeRequest } from '../../../functions/operations/requests/end-request.ts'
import { endUse } from '../../../functions/operations/uses/use.ts'
import { frozen } from '../../support/bundles.ts'
import { agent, person, sampleBundle, World } from '../../support/world.ts'
import { claimedFlag, flagService } from './claimed-flag.ts'

const bundle = sampleBundle()
const tool = flagService
const approved = { environment: 'prod', flag: 'express-checkout', value: true }

async function claimed(world = new World(bundle)) {
  return { world, ...(await claimedFlag(world)) }
}

test('the gate permits what was approved, counts it, and permits no more', async () => {
  const { begin } = await claimed()
  expect(await begin('first')).toMatchObject({ ok: true, value: { usesLeft: 0 } })
  expect(await begin('second')).toMatchObject({ code: 'uses_exhausted' })
})

test('the gate gives the same use for the same key, also when the answer was lost', async () => {
  const { world, begin } = await claimed()
  const once = world.proof()
  const [first, again] = [await begin('k', approved, once), await begin('k', approved, once)]
  expect(first.ok && again.ok && again.value).toEqual(first.ok && first.value)
})

test('the gate says of an ended use that it has ended, to each who asks for it again', async () => {
  const { world, begin } = await claimed()
  const begun = await begin('k')
  expect(begun).toMatchObject({ ok: true, value: { ended: false } })
  await endUse({ id: begun.ok ? begun.value.use : ('' as UseId), tool, outcome: 'failed' }, world.ports)
  expect(await begin('k')).toMatchObject({ ok: true, value: { use: begun.ok && begun.value.use, ended: true } })
})

test('concurrent calls with one key and one proof are one use', async () => {
  const claimedOnce = await claimed()
  const { begin } = claimedOnce
  const once = claimedOnce.world.proof()
  const all = await Promise.all([begin('k', approved, once), begin('k', approved, once), begin('k', approved, once)])
  expect(new Set(all.map((each) => each.ok && each.value.use)).size).toBe(1)
})

test.each([
  ['another value', { ...approved, value: false }],
  ['another flag', { ...approved, flag: 'other' }],
  ['an argument more', { ...approved, force: true }],
  ['an argument less', { environment: 'prod', flag: 'express-checkout' }],
])('the gate refuses %s than was approved, and the tool’s record has it', async (_what, args) => {
  const { world, begin } = await claimed()
  expect(await begin('k', args)).toMatchObject({ code: 'arguments_mismatch' })
  expect(await world.story(tool)).toEqual(['Refused'])
})

test('the gate takes a proof once', async () => {
  const { world, begin } = await claimed()
  const once = world.proof()
  await begin('one', approved, once)
  expect(await begin('two', approved, once)).toMatchObject({ code: 'replayed' })
})

test('the gate asks policy again, and refuses when it has become stricter', async () => {
  const { world, begin } = await claimed()
  world.policy = new World(frozen('flags:set')).policy
  expect(await begin('k')).toMatchObject({ code: 'policy_denied' })
})

test('the gate refuses an ended grant, and the end of its running use', async () => {
  const { world, request, begin } = await claimed()
  const begun = await begin('k')
  await completeRequest({ id: request.ask.id, agent: agent('builder'), outcome: 'succeeded' }, world.ports)
  expect(await begin('k')).toMatchObject({ code: 'completed' })
  const use = begun.ok ? begun.value.use : ('' as UseId)
  expect(await endUse({ id: use, tool, outcome: 'succeeded' }, world.ports)).toMatchObject({ code: 'completed' })
})

test.each([
  ['the agent', { kind: 'agent', value: agent('builder') }],
  ['its owner', { kind: 'owner', value: person('lena') }],
  ['everything', { kind: 'all', value: 'all' }],
] as const)('the gate stops when %s is halted, and the grant is dead for good', async (_what, target) => {
  const { world, request, begin } = await claimed()
  world.putHalt(target)
  expect(await begin('k')).toMatchObject({ code: 'halted' })
  expect(await world.state(request.ask.id)).toMatchObject({ status: 'revoked', revokedBy: 'system' })
})

test('a lifted halt revives nothing from before it', async () => {
  const { world, begin } = await claimed()
  const at = world.clock.now() + 5
  const lifted = { by: person('hana'), at: at + 5 }
  world.putHalt({ kind: 'agent', value: agent('builder') }, { at, lifted })
  world.clock.advance(20)
  expect(await begin('k')).toMatchObject({ code: 'halted' })
  expect((await claimed(world)).begin).toBeDefined()
})

test('the end of a use is its tool’s to say, once, and saying it again is no harm', async () => {
  const { world, begin } = await claimed()
  const begun = await begin('k')
  const id = begun.ok ? begun.value.use : ('' as UseId)
  expect(await endUse({ id, tool: 'tool:other' as ToolId, outcome: 'failed' }, world.ports)).toMatchObject({
    ok: false,
  })
  expect(await endUse({ id, tool, outcome: 'succeeded' }, world.ports)).toMatchObject({ ok: true })
  expect(await endUse({ id, tool, outcome: 'succeeded' }, world.ports)).toMatchObject({ ok: true })
  expect(await endUse({ id, tool, outcome: 'failed' }, world.ports)).toMatchObject({ code: 'invalid_task_state' })
})

test('an end of a use that was never begun is refused, on the tool’s own record', async () => {
  const world = new World(bundle)
  const id = 'use_00000000000000000000000009' as UseId
  expect(await endUse({ id, tool, outcome: 'succeeded' }, world.ports)).toMatchObject({ code: 'credential_unknown' })
  expect(await world.story(tool)).toEqual(['Refused'])
})

test.each([
  ['that was never begun, of a request that there is', tool, (id: string) => `use_${id}_00000000`],
  ['of another tool', 'tool:other' as ToolId, (_: string, use: string) => use],
])('an end of a use %s is refused, on the record of the tool that says it', async (_what, by, named) => {
  const { world, request, begin } = await claimed()
  const begun = await begin('k')
  const id = named(request.ask.id, begun.ok ? begun.value.use : '') as UseId
  expect(await endUse({ id, tool: by, outcome: 'succeeded' }, world.ports)).toMatchObject({
    code: 'credential_unknown',
  })
  expect(await world.story(by)).toEqual(['Refused'])
})
