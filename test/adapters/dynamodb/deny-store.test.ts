import type { Deny } from '../../../functions/domain/credentials/denies.ts'
import { credentialId, requestId, submittedAt } from '../../support/ask.ts'
import { onBothStores } from './stores.ts'

const role = 'arn:aws:iam::000000000000:role/hotwork/Hotwork-target'
const ended: Deny = { tag: 'hotwork:request', value: requestId(1), until: submittedAt + 900 }
const replaced: Deny = { tag: 'hotwork:credential', value: credentialId(1), until: submittedAt + 600 }

const sorted = (denies: readonly Deny[]) => denies.toSorted((one, other) => (one.tag < other.tag ? -1 : 1))

onBothStores('the deny store', (stores) => {
  test('a role has exactly the denies that were added for it', async () => {
    expect(await stores.denies.ofRole(role)).toEqual([])
    await stores.denies.add(role, [ended])
    await stores.denies.add(role, [replaced])
    expect(sorted(await stores.denies.ofRole(role))).toEqual([replaced, ended])
    expect(await stores.denies.ofRole(`${role}-2`)).toEqual([])
  })

  test('a deny that is added twice is there once', async () => {
    await Promise.all([stores.denies.add(role, [ended]), stores.denies.add(role, [ended])])
    expect(await stores.denies.ofRole(role)).toEqual([ended])
  })

  test('a deny is only ever extended', async () => {
    const [shorter, longer] = [
      { ...ended, until: ended.until - 1 },
      { ...ended, until: ended.until + 1 },
    ]
    for (const each of [ended, longer, shorter]) await stores.denies.add(role, [each])
    expect(await stores.denies.ofRole(role)).toEqual([longer])
  })

  test('a deny of sessions from before a time keeps that time', async () => {
    const halted: Deny = { tag: 'hotwork:agent', value: 'agent:one', issuedBefore: submittedAt, until: ended.until }
    await stores.denies.add(role, [halted])
    expect(await stores.denies.ofRole(role)).toEqual([halted])
  })

  test('a role whose denies are over is found until they are forgotten, and a later deny holds again', async () => {
    await stores.denies.add(role, [ended, replaced])
    await stores.denies.add(`${role}-2`, [ended])
    const found = async (now: number) => (await stores.denies.overdue(now, 10)).toSorted()
    expect(await found(replaced.until)).toEqual([])
    expect(await found(replaced.until + 1)).toEqual([role])
    expect(await found(ended.until + 1)).toEqual([role, `${role}-2`])
    await stores.denies.forget(role, [ended, replaced])
    expect(await found(ended.until + 1)).toEqual([`${role}-2`])
    expect(await stores.denies.ofRole(role)).toEqual([])
    const longer = { ...ended, until: ended.until + 100 }
    await stores.denies.add(role, [longer])
    expect(await stores.denies.ofRole(role)).toEqual([longer])
  })
})
