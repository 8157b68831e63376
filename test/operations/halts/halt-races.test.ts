import { decodeJwt } from 'jose'
import { noEntries } from '../../../functions/domain/ledger/ledger.ts'
import type { CredentialId } from '../../../functions/domain/values.ts'
import { beginUse } from '../../../functions/operations/uses/use.ts'
import { agent, parameter, sampleBundle } from '../../support/world.ts'
import { claimedFlag, flagService } from '../uses/claimed-flag.ts'
import { Halting } from './halt-world.ts'

jest.setTimeout(900_000)

/** Many concurrent calls over one store: a call that begins after a halt has returned fails. */

const bundle = sampleBundle()
const builder = { kind: 'agent', value: agent('builder') } as const

/**
 * Live grants, each with an unused token: the first is approved and claimed, the others are its copies under other ids.
 * So every check is the first on its grant, and only the halt can refuse it.
 */
async function gatesOf(hotwork: Halting, count: number): Promise<(() => Promise<{ ok: boolean }>)[]> {
  const { request, args, token } = await claimedFlag(hotwork)
  const stored = await hotwork.requests.load(request.ask.id)
  if (!stored) throw new Error('not stored')
  return Promise.all(
    Array.from({ length: count }, async () => {
      const id = hotwork.ids.request()
      const state = { ...stored.state, ask: { ...stored.state.ask, id } }
      await hotwork.requests.commit({ id, expected: noEntries, state, entries: [], head: stored.head })
      const use = { token: { ...token, request: id }, action: 'flags:set', arguments: args, key: 'one' }
      return () => beginUse({ tool: flagService, ...use, once: hotwork.proof() }, hotwork.ports)
    }),
  )
}

test('10,000 gate checks race a halt, and each that begins after it returned fails (INV7, F5)', async () => {
  const count = 10_000
  const hotwork = new Halting(bundle)
  const checks = await gatesOf(hotwork, count)

  let [begun, returned] = [0, false]
  const seen = { before: 0, racing: 0, late: 0, lateSuccesses: 0 }
  let halting: Promise<unknown> | undefined
  const worker = async () => {
    while (begun < count) {
      const check = checks[begun++]
      if (begun === count / 4)
        halting = hotwork.halted(builder).then(() => {
          returned = true
        })
      const phase = returned ? 'late' : halting ? 'racing' : 'before'
      const ok = (await check?.())?.ok
      seen[phase] += ok || phase === 'late' ? 1 : 0
      if (ok && phase === 'late') seen.lateSuccesses += 1
    }
  }
  await Promise.all(Array.from({ length: 40 }, worker))
  await halting
  expect(seen.lateSuccesses).toBe(0)
  // It was a race: every check succeeded up to the halt, and most came after it.
  expect(seen.before).toBeGreaterThan(count / 5)
  expect(seen.late).toBeGreaterThan(count / 2)
})

test('300 tokens and sessions are asked for while a halt comes, and each ask that begins after it is refused', async () => {
  const hotwork = new Halting(bundle)
  const requests = []
  for (let n = 0; n < 10; n++) requests.push(await hotwork.approved(parameter(`/prod/checkout/${n}`)))
  let [asked, returned, told, late] = [0, false, 0, 0]
  await Promise.all(
    requests.map(async (request) => {
      while (asked < 300) {
        asked += 1
        if (asked === 60)
          void hotwork.halted({ kind: 'agent', value: agent('remediator') }).then(() => {
            returned = true
          })
        const after = returned
        const token = await hotwork.issueToken(request)
        const session = token.ok
          ? await hotwork.issueAws(request, decodeJwt(token.value.token).jti as CredentialId)
          : token
        if (token.ok || session.ok) after ? late++ : told++
      }
    }),
  )
  expect([late, told > 0, returned]).toEqual([0, true, true])
})
