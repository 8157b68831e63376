import { connect } from '../../../functions/adapters/dynamodb/client.ts'
import { DynamoLogIndex } from '../../../functions/adapters/dynamodb/log-index.ts'
import type { LogIndex } from '../../../functions/operations/anchor/ports.ts'
import { MemoryLogIndex } from '../../support/anchor/memory-anchor.ts'
import { onBoth } from '../both.ts'
import { makeTable } from './tables.ts'

const leaf = (id: string) => ({ id, hash: `sha-256:${id}` })
const leaves = (count: number) => Array.from({ length: count }, (_, at) => leaf(`req_1/${at + 1}`))

onBoth<LogIndex>(
  'the index of the log',
  {
    memory: () => new MemoryLogIndex(),
    real: async () => new DynamoLogIndex(connect(), await makeTable('log-index', ['aggregate', 'sequence'])),
  },
  (make) => {
    let index: LogIndex
    beforeEach(async () => {
      index = await make()
    })

    test('a new log is empty', async () => {
      expect(await index.state()).toEqual({ size: 0, pending: [] })
      expect(await index.find(['req_1/1', 'no id'])).toEqual(new Map())
      expect(await index.last('req_1')).toBeUndefined()
    })

    test('each leaf gets the next place, up to a full batch at once, and is found by id', async () => {
      expect(await index.place(0, leaves(99), [])).toBe(true)
      expect(await index.place(99, [leaf('person:ana/1')], ['req_1/99', 'person:ana/1'])).toBe(true)
      expect(await index.state()).toEqual({ size: 100, pending: ['req_1/99', 'person:ana/1'] })
      expect(await index.find(['person:ana/1', 'req_1/99', 'req_1/100'])).toEqual(
        new Map([
          ['person:ana/1', { index: 99, hash: 'sha-256:person:ana/1' }],
          ['req_1/99', { index: 98, hash: 'sha-256:req_1/99' }],
        ]),
      )
      expect(await index.last('req_1')).toEqual({ sequence: 99, hash: 'sha-256:req_1/99' })
    })

    test('no leaf gets a place if the log has another size, or if one of them has a place', async () => {
      await index.place(0, leaves(2), [])
      expect(await index.place(0, [leaf('req_2/1')], [])).toBe(false)
      expect(await index.place(2, [leaf('req_2/1'), leaf('req_1/2')], [])).toBe(false)
      expect(await index.find(['req_2/1'])).toEqual(new Map())
      expect((await index.state()).size).toBe(2)
    })

    test('one of two concurrent writers places its leaves, and the other is refused', async () => {
      const done = await Promise.all(['req_2/1', 'req_3/1'].map((id) => index.place(0, [leaf(id)], [])))
      expect(done.filter(Boolean)).toHaveLength(1)
    })
  },
)
