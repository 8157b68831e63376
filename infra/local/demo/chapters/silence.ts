import { askFor, describeTask } from '../asking.ts'
import { finding, refusedByHotwork } from '../findings.ts'
import { type Replayed, replay } from '../replay.ts'
import type { World } from '../world.ts'

/**
 * A stage that nobody answers is widened to others, once, and then it is over. The ladder's minutes are not waited for:
 * the record is read as at a later time. With a ladder of seconds it is waited for in test/stack/silence.test.ts.
 */
export async function tellSilence(world: World): Promise<void> {
  const { report, person } = world
  const agent = await world.agent('agent:remediator')
  const task = await askFor(agent, world.example('prod-flag-item'))
  const { id } = task.task
  report.note(describeTask(task))
  const entries = await world.reader.ledger(id)
  const jade = person('person:jade')

  await report.expect('Jade is on call: it is not her turn while the owners have time', async () => {
    const request = await world.reader.request(id)
    return refusedByHotwork(() => jade.decide(request, 'approve', 'on-call'), { status: 409, code: 'stage_not_open' })
  })
  const deadline = await report.expect(
    'the owners have until their deadline, and a second before it still',
    async () => {
      const { stages } = await world.reader.request(id)
      const ends = Date.parse(stages[0]?.deadline ?? '') / 1000
      const before = await replay(id, entries, ends - 1)
      return finding(
        before.state?.status === 'pending' && !ownersOf(before)?.escalatedAt,
        describe(before, ends - 1),
        ends,
      )
    },
  )
  const second = await report.expect(
    'at the deadline those on call may decide too, and nothing is approved',
    async () => {
      const after = await replay(id, entries, deadline)
      const owners = ownersOf(after)
      const held = after.state?.status === 'pending' && owners?.escalatedAt === deadline
      return finding(held && (owners?.deadline ?? 0) > deadline, describe(after, deadline), owners?.deadline ?? 0)
    },
  )
  await report.expect('a second silence ends it: silence is never consent', async () => {
    const end = await replay(id, entries, second)
    return finding(end.state?.status === 'expired', describe(end, second))
  })
  await report.expect('the agent withdraws it today', async () => {
    const { task: now } = await agent.cancel(id)
    return finding(now.status === 'cancelled', `task ${now.status}`)
  })
}

const ownersOf = ({ state }: Replayed) => state?.stages[0]

function describe(replayed: Replayed, at: number): string {
  const { state, broken } = replayed
  if (!state) return `broken at ${broken?.at}: ${broken?.why}`
  const { escalatedAt, deadline } = ownersOf(replayed) ?? {}
  const widened = escalatedAt === undefined ? 'not escalated' : `escalated at ${time(escalatedAt)}`
  return `at ${time(at)}: ${state.status}, ${widened}, its deadline ${deadline === undefined ? 'none' : time(deadline)}`
}

const time = (seconds: number): string => new Date(seconds * 1000).toISOString().slice(11, 19)
