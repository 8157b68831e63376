import { randomUUID } from 'node:crypto'
import * as DPoP from 'dpop'
import type { Answer, Deployment } from './deployment.ts'

export const builder = 'agent:builder'
export const tool = 'tool:flag-service'

/** A flag's request, approved and claimed, and the gate as its tool asks it. */
export async function claimFlag(hotwork: Deployment) {
  const flag = `flag-${randomUUID()}`
  const args = { environment: 'prod', flag, value: true }
  const id = await hotwork.submitted(builder, {
    subject: { type: 'agent', id: builder },
    action: { name: 'flags:set', properties: args },
    resource: { type: 'flags:flag', id: `prod/${flag}` },
    context: { purpose: 'release', parent_task: { id: 'REL-7' } },
  })
  await hotwork.decide('person:ana', id)
  const token = (await hotwork.exchange(builder, id)).body.access_token as string
  const url = `${hotwork.local.tools[0]?.addresses[0]}/flags/prod/${flag}`
  const proof = async (changes: { url?: string; method?: string; token?: string; key?: string } = {}) =>
    DPoP.generateProof(
      await hotwork.key(builder, changes.key),
      changes.url ?? url,
      changes.method ?? 'PUT',
      undefined,
      changes.token ?? token,
    )
  const begin = async (changes: object = {}, key: string = randomUUID(), as: string = tool): Promise<Answer> =>
    hotwork.json(
      'POST',
      '/v1/uses',
      await hotwork.token(as),
      { token, proof: await proof(), method: 'PUT', url, action: 'flags:set', arguments: args, ...changes },
      { 'idempotency-key': key },
    )
  return { id, args, url, token, proof, begin }
}
