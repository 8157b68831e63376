import { type SignalStream, streamEvent, streamIdOf } from '../../../functions/domain/events/stream.ts'
import { chainEntries } from '../../../functions/domain/ledger/ledger.ts'
import type { ToolId } from '../../../functions/domain/values.ts'
import { submittedAt } from '../../support/ask.ts'
import { onBothStores } from './stores.ts'

const tool = 'tool:flag-service' as ToolId
const stream: SignalStream = {
  ...{ id: streamIdOf(tool, 1), tool, status: 'enabled' },
  ...{ endpoint: 'https://flags.example/events', authorization: 'Bearer s3cret' },
}

onBothStores('the streams of tools', (stores) => {
  const appended = async () => {
    const expected = await stores.ledger.head(tool)
    const event = streamEvent(undefined, stream, { tool, bundle: 'b' }, submittedAt)
    return { expected, ...chainEntries(tool, expected, event ? [event] : [], undefined) }
  }

  test('a tool without a registration has no stream', async () => {
    expect(await stores.streams.load(tool)).toEqual({ version: 0 })
  })

  test('a stream is saved with its entry', async () => {
    const saved = await stores.streams.save({ tool, version: 0, row: { stream }, appended: await appended() })
    expect(saved).toBe(true)
    expect(await stores.streams.load(tool)).toEqual({ stream, version: 1 })
    expect((await stores.ledger.entries(tool)).map(({ type }) => type)).toEqual(['StreamRegistered'])
  })

  test('a change of an outdated row is not saved, and its entry neither', async () => {
    await stores.streams.save({ tool, version: 0, row: { stream }, appended: await appended() })
    expect(await stores.streams.save({ tool, version: 0, row: {}, appended: await appended() })).toBe(false)
    expect(await stores.streams.load(tool)).toEqual({ stream, version: 1 })
    expect(await stores.ledger.entries(tool)).toHaveLength(1)
  })

  test('a change from an outdated end of the chain is not saved', async () => {
    const before = await appended()
    await stores.streams.save({ tool, version: 0, row: { stream }, appended: before })
    expect(await stores.streams.save({ tool, version: 1, row: {}, appended: before })).toBe(false)
    expect((await stores.streams.load(tool)).stream).toEqual(stream)
  })

  test('a change without an entry is saved too', async () => {
    expect(await stores.streams.save({ tool, version: 0, row: { verifications: 5 } })).toBe(true)
    expect(await stores.streams.load(tool)).toEqual({ verifications: 5, version: 1 })
  })
})
