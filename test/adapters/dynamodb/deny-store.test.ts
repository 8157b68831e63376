import { connect } from '../../../functions/adapters/dynamodb/client.ts'
import { DynamoDenyStore } from '../../../functions/adapters/dynamodb/deny-store.ts'
import type { Deny } from '../../../functions/domain/credentials/denies.ts'
import type { DenyStore } from '../../../functions/operations/credentials/ports.ts'
import { credentialId, requestId, submittedAt } from '../../support/ask.ts'
import { MemoryDenyStore } from '../../support/credentials/memory-deny-store.ts'
import { onBoth } from '../both.ts'
import { makeTables } from './tables.ts'

const role = 'arn:aws:iam::000000000000:role/hotwork/Hotwork-target'
const ended: Deny = { tag: 'hotwork:request', value: requestId(1), until: submittedAt + 900 }
const replaced: Deny = { tag: 'hotwork:credential', value: credentialId(1), until: submittedAt + 600 }

const sorted = (denies: readonly Deny[]) => denies.toSorted((one, other) => (one.tag < other.tag ? -1 : 1))

onBoth<DenyStore>(
  'the deny store',
  {
    memory: () => new MemoryDenyStore(),
    real: async () => new DynamoDenyStore(connect(), (await makeTables()).requests),
  },
  (make) => {
    let denies: DenyStore
    beforeEach(async () => {
      denies = await make()
    })

    test('a role has every deny that was added for it, and no other', async () => {
      expect(await denies.ofRole(role)).toEqual([])
      await denies.add(role, [ended])
      await denies.add(role, [replaced])
      expect(sorted(await denies.ofRole(role))).toEqual([replaced, ended])
      expect(await denies.ofRole(`${role}-2`)).toEqual([])
    })

    test('adding a deny twice is once', async () => {
      await Promise.all([denies.add(role, [ended]), denies.add(role, [ended])])
      expect(await denies.ofRole(role)).toEqual([ended])
    })

    test('a deny only ever gets longer', async () => {
      const [shorter, longer] = [
        { ...ended, until: ended.until - 1 },
        { ...ended, until: ended.until + 1 },
      ]
      for (const each of [ended, longer, shorter]) await denies.add(role, [each])
      expect(await denies.ofRole(role)).toEqual([longer])
    })

    test('a deny of sessions from before a time has that time', async () => {
      const halted: Deny = { tag: 'hotwork:agent', value: 'agent:one', issuedBefore: submittedAt, until: ended.until }
      await denies.add(role, [halted])
      expect(await denies.ofRole(role)).toEqual([halted])
    })

    test('a role whose denies are over is found until they are forgotten, and the next deny is new again', async () => {
      await denies.add(role, [ended, replaced])
      await denies.add(`${role}-2`, [ended])
      const found = async (now: number) => (await denies.overdue(now, 10)).toSorted()
      expect(await found(replaced.until)).toEqual([])
      expect(await found(replaced.until + 1)).toEqual([role])
      expect(await found(ended.until + 1)).toEqual([role, `${role}-2`])
      await denies.forget(role, [ended, replaced])
      expect(await found(ended.until + 1)).toEqual([`${role}-2`])
      expect(await denies.ofRole(role)).toEqual([])
      const longer = { ...ended, until: ended.until + 100 }
      await denies.add(role, [longer])
      expect(await denies.ofRole(role)).toEqual([longer])
    })
  },
)
