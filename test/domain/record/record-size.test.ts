import { requestItem } from '../../../functions/adapters/dynamodb/request-store.ts'
import { noEntries } from '../../../functions/domain/ledger/ledger.ts'
import type { Command } from '../../../functions/domain/record/commands.ts'
import { grantOf } from '../../../functions/domain/record/request.ts'
import { writeUnits } from '../../../tools/meter/dynamodb-units.ts'
import * as sample from '../../support/ask.ts'
import { Desk } from '../story.ts'

/** A record that is too large for DynamoDB could not be ended, so growth is refused before that. */

/** DynamoDB refuses items over 400 KB. */
const mostKilobytes = 400
const kilobytesOf = ({ state }: Desk) =>
  writeUnits('PutItem', {
    Item: requestItem(state, { ...noEntries, sequence: 9999, hash: `sha-256:${'x'.repeat(43)}` }),
  })

/** The longest text that a handler accepts, of a character that takes six bytes in JSON. */
const words = (length: number) => '\u0001'.repeat(length)
const note = words(1000)
const token = sample.credentialId(1)

/** A live grant with this number of uses, approved by one person. */
function granted(uses: number): Desk {
  const desk = new Desk(1, sample.sampleAsk({ credential: 'token', uses }))
  desk.tell(1, sample.decision(desk.ask, 'ana', 'approve', { comment: note }))
  desk.claim(1)
  return desk
}

/** Gives commands until one is refused, and returns the number of accepted ones. */
function until(desk: Desk, refused: string, command: (n: number) => Command, most = 1000): number {
  for (let n = 1; n <= most; n++) {
    const then = desk.tell(2, command(n))
    if (then.startsWith('!')) {
      expect(then).toBe(refused)
      return n - 1
    }
  }
  return most
}
const begin = (n: number) => sample.useBegin(token, n, { use: sample.useId(n), key: `${n}${'"'.repeat(250)}` })

test('two hundred uses, each ended with the longest note, are revoked all the same', () => {
  const desk = granted(200)
  for (let n = 1; n <= 200; n++) {
    expect(desk.tell(2, begin(n))).toBe('approved')
    expect(desk.tell(2, sample.useEnd(n, { note }))).toBe('approved')
  }
  expect(desk.tell(3, sample.revocation('jade', { reason: note }))).toBe('revoked')
  expect(kilobytesOf(desk)).toBeLessThanOrEqual(mostKilobytes)
})

test('a note without room in the grant is marked there, and whole on the record', () => {
  const desk = granted(20)
  for (let n = 1; n <= 20; n++) {
    desk.tell(2, begin(n))
    desk.tell(2, sample.useEnd(n, { note }))
  }
  const ended = grantOf(desk.state)?.uses.map((use) => use.ended)
  expect(ended?.[0]).toMatchObject({ note })
  expect(ended?.at(-1)).toEqual({ at: expect.any(Number), outcome: 'succeeded', noted: true })
  expect(desk.last('UseEnded')?.note).toBe(note)
})

const fill = () => {
  const desk = granted(1000)
  const begun = until(desk, '!record_full', begin)
  expect(begun).toBeGreaterThan(200)
  expect(begun).toBeLessThan(1000)
  return { desk, begun }
}

test.each<[what: string, command: (desk: Desk) => Command, then: string]>([
  ['revoked', () => sample.revocation('jade', { reason: note }), 'revoked'],
  ['completed', () => sample.completion({ note }), 'completed'],
  ['revoked by a denial', ({ ask }) => sample.decision(ask, 'ben', 'deny', { comment: note }), 'revoked'],
  ['expired by time', () => sample.wake, 'expired'],
])('a full record has each of its uses ended with the longest note, and is %s', (_what, command, then) => {
  const { desk, begun } = fill()
  for (let n = 1; n <= begun; n++) expect(desk.tell(3, sample.useEnd(n, { note }))).toBe('approved')
  expect(desk.tell(then === 'expired' ? 100_000 : 4, command(desk))).toBe(then)
  expect(kilobytesOf(desk)).toBeLessThanOrEqual(mostKilobytes)
})

test('a full record is no longer delegated', () => {
  const { desk } = fill()
  const given = until(desk, '!record_full', (n) => sample.delegation(n, { child: sample.requestId(n) }))
  expect(given).toBeLessThan(10)
})

test('a full record does not grow by the refusals of more actors', () => {
  const { desk } = fill()
  for (let n = 0; n < 500; n++) desk.tell(3, sample.revocation(`p${n}`, { answer: { permit: false, policies: [] } }))
  expect(kilobytesOf(desk)).toBeLessThanOrEqual(mostKilobytes)
  expect(desk.tell(4, sample.revocation('jade', { reason: note }))).toBe('revoked')
})

test('narrowing a large ask again and again is refused while the request can still be denied', () => {
  const large = (n: number) => `${n}${'x'.repeat(63_000)}`
  const desk = new Desk(
    3,
    sample.sampleAsk({ arguments: { Name: '/prod/checkout/x', Value: large(0), Overwrite: true } }),
  )
  const login = { acr: 'strong', at: sample.submittedAt }
  let refused = 0
  for (const [n, who] of ['ana', 'sam', 'siri'].entries()) {
    const { ask, round } = desk.state
    const narrow = { arguments: { ...ask.arguments, Value: large(n + 1) } }
    const changes = { round, digest: ask.digest, narrowed: sample.narrowing(ask, narrow, 3), comment: note, login }
    const then = desk.tell(n + 1, sample.decision(ask, who, 'approve', changes))
    if (then === '!record_full') refused += 1
    else expect(then).toBe('pending')
  }
  expect(refused).toBeGreaterThan(0)
  const { ask, round } = desk.state
  expect(desk.tell(9, sample.decision(ask, 'ben', 'deny', { round, digest: ask.digest, comment: note }))).toBe('denied')
  expect(kilobytesOf(desk)).toBeLessThanOrEqual(mostKilobytes)
})
