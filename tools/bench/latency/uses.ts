import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { claimFlag, tool } from '../../../test/stack/support/claimed-flag.ts'
import { expectStatus, type Span } from './lives.ts'
import { openLoop } from './open-loop.ts'
import type { DelayedWorld } from './world.ts'

/** An approved flag of an agent, and its token, good for a thousand uses. */
type Grant = Awaited<ReturnType<typeof makeGrant>>

/** Makes grants of successive agents, `atOnce` at a time. */
export async function makeGrants(world: DelayedWorld, count: number, atOnce = 4): Promise<Grant[]> {
  const grants: Grant[] = []
  for (let n = 0; n < count; n += atOnce)
    grants.push(...(await Promise.all(Array.from({ length: atOnce }, (_, more) => makeGrant(world, n + more)))))
  return grants
}

const context = { purpose: 'remediation', parent_task: { id: 'INC-4822' } }

const makeGrant = ({ hotwork, agentOf }: DelayedWorld, n: number) => claimFlag(hotwork, { agent: agentOf(n), context })

/** The tool begins one use at the gate, as just before acting. */
export async function beginUse({ hotwork }: DelayedWorld, grant: Grant): Promise<Span & { permitted: boolean }> {
  const { token, url, args } = grant
  const body = { token, proof: await grant.proof(), method: 'PUT', url, action: 'flags:set', arguments: args }
  const [bearer, headers] = [await hotwork.token(tool), { 'idempotency-key': randomUUID() }]
  const from = performance.now()
  const { status } = await hotwork.json('POST', '/v1/uses', bearer, body, headers)
  return { from, to: performance.now(), permitted: status === 201 }
}

/** Revokes grants one after another during uses: each use begun after a revocation returned must be refused. */
export async function revokeUnderUse(
  world: DelayedWorld,
  grants: readonly Grant[],
  perSecond: number,
  seconds: number,
) {
  const revokedAt = new Map<string, number>()
  const grantOf = (n: number) => grants[n % grants.length] as Grant
  const uses = openLoop({ perSecond, seconds }, async (n) => ({
    grant: grantOf(n).id,
    ...(await beginUse(world, grantOf(n))),
  }))
  for (const { id } of grants) {
    await pause((1000 * seconds) / 2 / grants.length)
    const { hotwork } = world
    const body = { reason: 'the bench revokes it' }
    expectStatus(200, await hotwork.json('POST', `/v1/requests/${id}/revoke`, await hotwork.token('person:gus'), body))
    revokedAt.set(id, performance.now())
  }
  const begun = (await uses).flatMap((each) => ('value' in each ? [each.value] : []))
  const after = begun.filter(({ grant, from }) => from > (revokedAt.get(grant) ?? Number.POSITIVE_INFINITY))
  return { after: after.length, permittedAfter: after.filter(({ permitted }) => permitted).length }
}
