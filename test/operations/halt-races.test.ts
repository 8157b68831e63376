import { decodeJwt } from 'jose'
import { verify } from '../../functions/domain/ledger.ts'
import type { CredentialId } from '../../functions/domain/values.ts'
import { agent, parameter, sampleBundle } from '../support/world.ts'
import { claimedFlag } from './claimed-flag.ts'
import { Halting } from './halting.ts'

jest.setTimeout(120_000)

/** Many at once over one store, where each call lets the others run: what began after a halt has returned never succeeds. */

const bundle = sampleBundle()
const builder = { kind: 'agent', value: agent('builder') } as const

async function gateOf(hotwork: Halting, flag: string) {
  const { request, begin } = await claimedFlag(hotwork, flag)
  return { request, check: () => begin('one') }
}

test('of 10,000 gate checks that race a halt, none that begins after it returned succeeds (INV7, F5)', async () => {
  const [gates, checks] = [20, 10_000]
  const hotwork = new Halting(bundle)
  const all = []
  for (let n = 0; n < gates; n++) all.push(await gateOf(hotwork, `flag-${n}`))

  let [begun, returned] = [0, false]
  const seen = { before: 0, racing: 0, late: 0, lateSuccesses: 0 }
  let halting: Promise<unknown> | undefined
  const worker = async (check: () => Promise<{ ok: boolean }>) => {
    while (begun < checks) {
      begun += 1
      if (begun === checks / 4) {
        halting = hotwork.halted(builder).then(() => {
          returned = true
        })
      }
      const phase = returned ? 'late' : halting ? 'racing' : 'before'
      const { ok } = await check()
      seen[phase] += ok || phase === 'late' ? 1 : 0
      if (ok && phase === 'late') seen.lateSuccesses += 1
    }
  }
  await Promise.all(all.flatMap(({ check }) => [worker(check), worker(check)]))
  await halting
  expect(seen.lateSuccesses).toBe(0)
  // It was a race: checks succeeded up to the halt, and most came after it.
  expect(seen.before).toBeGreaterThan(checks / 5)
  expect(seen.late).toBeGreaterThan(checks / 2)
  for (const { request } of all) {
    const { state, broken } = verify(request.ask.id, await hotwork.ledger.entries(request.ask.id))
    expect([broken, state?.status]).toEqual([undefined, 'revoked'])
  }
})

test('of 300 tokens and sessions that are asked for while a halt comes, none that begins after it is told', async () => {
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
